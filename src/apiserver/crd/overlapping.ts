import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import type { Schema } from "../../api/schema.ts";

type Named = Pick<CustomResourceDefinition, "spec">;

/** What lies in the store where objects of a definition of it would lie. */
const STORED_ALIKE = ["apiextensions.k8s.io/customresourcedefinitions", "apiregistration.k8s.io/apiservices"];

/** Whether the objects of a definition would be built-in ones: they do not go with it. */
export function overlapsBuiltIn({ spec }: Named): boolean {
  return STORED_ALIKE.includes(`${spec.group}/${spec.names.plural}`);
}

/**
 * Whether a definition is of a group that is built in. Upstream's router gives all paths of such a group to what is built in:
 * nothing is served by the definition, whatever its names and versions.
 */
export function isOfBuiltInGroup({ spec }: Named, { resources }: Schema): boolean {
  return resources.some(({ group }) => group === spec.group);
}
