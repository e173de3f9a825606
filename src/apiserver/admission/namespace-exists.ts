import { namespaces } from "../../api/generated/resources.ts";
import { notFound } from "../../api/status.ts";
import type { AdmissionDependencies, AdmissionPlugin } from "./admission.ts";

/** Nothing is written in a namespace that is not there: what NamespaceLifecycle also sees to, but for deletions. */
export function namespaceExists({ reader }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "NamespaceExists",
    handles: ({ operation, resource, namespace }) =>
      operation !== "CONNECT" && resource.namespaced && namespace !== "" && resource.resource !== "namespaces",
    async validate({ namespace }) {
      if ((await reader.get(namespaces, undefined, namespace)) === undefined) throw notFound(namespaces, namespace);
    },
  };
}
