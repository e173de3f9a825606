import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";
import { isAbout } from "./refuse.ts";

/** A claim, a volume and an attributes class stay until nobody uses them: their finalizer is there from the start. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  handles: (attributes) => attributes.operation === "CREATE" && finalizerOf(attributes) !== undefined,
  admit(attributes) {
    const finalizer = finalizerOf(attributes);
    const { object } = attributes;
    if (finalizer === undefined || object === undefined) return;
    object.metadata ??= {};
    const present = object.metadata.finalizers ?? [];
    if (!present.includes(finalizer)) object.metadata.finalizers = [...present, finalizer];
  },
};

function finalizerOf(attributes: AdmissionAttributes): string | undefined {
  if (isAbout(attributes, "persistentvolumeclaims")) return "kubernetes.io/pvc-protection";
  if (isAbout(attributes, "persistentvolumes")) return "kubernetes.io/pv-protection";
  if (isAbout(attributes, "volumeattributesclasses", "storage.k8s.io")) return "kubernetes.io/vac-protection";
  return undefined;
}
