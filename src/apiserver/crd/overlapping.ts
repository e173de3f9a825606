import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import type { Schema } from "../../api/schema.ts";

/**
 * Whether a definition is of what is built in. Its objects may lie in the store where the built-in ones do (definitions, API
 * services): nothing is served by it, and nothing goes with it.
 */
export function overlapsBuiltIn({ spec }: Pick<CustomResourceDefinition, "spec">, { resources }: Schema): boolean {
  return resources.some(({ group, resource }) => group === spec.group && resource === spec.names.plural);
}
