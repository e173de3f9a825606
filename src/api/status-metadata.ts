import type { ApiObject } from "./meta.ts";

/**
 * For kinds whose status is written alone: through the status subresource nobody changes labels, annotations or finalizers
 * (upstream's metav1.ResetObjectMetaForStatus).
 */
export function keepMetadata(draft: ApiObject, old: ApiObject): void {
  const metadata = { ...draft.metadata };
  for (const key of ["labels", "annotations", "finalizers"] as const) {
    if (old.metadata?.[key] === undefined) delete metadata[key];
    else Object.assign(metadata, { [key]: structuredClone(old.metadata[key]) });
  }
  draft.metadata = metadata;
}
