import type { GroupVersionKind } from "./schema.ts";

/** Kinds whose DELETE answers the object also when it is gone, by `group/kind`; all others answer a Status (upstream: ReturnDeletedObject). */
const WITH_OBJECT: ReadonlySet<string> = new Set([
  "/PersistentVolume",
  "/PersistentVolumeClaim",
  "/Pod",
  "/PodTemplate",
  "/ResourceQuota",
  "/Service",
  "/ServiceAccount",
  "resource.k8s.io/DeviceClass",
  "resource.k8s.io/DeviceTaintRule",
  "resource.k8s.io/ResourceClaim",
  "resource.k8s.io/ResourceClaimTemplate",
  "resource.k8s.io/ResourcePoolStatusRequest",
  "resource.k8s.io/ResourceSlice",
  "storage.k8s.io/CSIDriver",
  "storage.k8s.io/CSINode",
  "storage.k8s.io/StorageClass",
  "storage.k8s.io/VolumeAttachment",
  "storage.k8s.io/VolumeAttributesClass",
]);

/** Whether a DELETE of such an object answers the object also when it is gone. */
export function answersDeletedObject({ group, kind }: Pick<GroupVersionKind, "group" | "kind">): boolean {
  return WITH_OBJECT.has(`${group}/${kind}`);
}
