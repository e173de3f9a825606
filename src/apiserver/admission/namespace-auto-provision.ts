import type { Namespace } from "../../api/generated/core/v1.ts";
import { namespaces } from "../../api/generated/resources.ts";
import { errorMessage } from "../../base/assert.ts";
import type { AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { refuse } from "./refuse.ts";

/** Makes the namespace of an object that comes before it. */
export function namespaceAutoProvision({ reader, ensure }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "NamespaceAutoProvision",
    handles: ({ operation, resource, namespace, dryRun }) =>
      operation === "CREATE" && !dryRun && namespace !== "" && resource.resource !== "namespaces",
    async admit(attributes) {
      const { namespace } = attributes;
      if ((await reader.get(namespaces, undefined, namespace)) !== undefined) return;
      const object: Namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
      try {
        await ensure(namespaces, object);
      } catch (error) {
        throw refuse(attributes, errorMessage(error));
      }
    },
  };
}
