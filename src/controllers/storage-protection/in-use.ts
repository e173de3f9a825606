import type { PersistentVolume, PersistentVolumeClaim, Pod } from "../../api/generated/core/v1.ts";

/** The claims that a pod holds back from going: those of its volumes, once it is on a node and until it has ended. Pure. */
export function claimsInUse(pod: Pod): readonly string[] {
  const ended = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
  // A pod that is on no node yet cannot start with a claim that is being deleted.
  if (ended || (pod.spec?.nodeName ?? "") === "") return [];
  return (pod.spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [persistentVolumeClaim.claimName];
    return ephemeral === undefined ? [] : [`${pod.metadata?.name}-${name}`];
  });
}

/** A volume stays while a claim is bound to it. Pure. */
export function isVolumeInUse(volume: PersistentVolume): boolean {
  return volume.status?.phase === "Bound";
}

/** The attributes classes that a claim or a volume has, or is to have. Pure. */
export function classesInUse(object: PersistentVolumeClaim | PersistentVolume): readonly string[] {
  const status = (object as PersistentVolumeClaim).status;
  return [
    object.spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((name) => name !== undefined && name !== "") as string[];
}
