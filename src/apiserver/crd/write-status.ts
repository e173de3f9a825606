import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import type { Transport } from "../../client/transport.ts";

/**
 * Writes the status (and finalizers) of a definition through the ordinary door, if it has not changed meanwhile.
 * @throws StatusError Conflict, NotFound
 */
export async function writeStatus(
  transport: Transport,
  definition: CustomResourceDefinition,
): Promise<CustomResourceDefinition> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata?.name}/status`;
  const body = { ...definition, apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" };
  return (await transport.request({ method: "PUT", path, body })) as CustomResourceDefinition;
}
