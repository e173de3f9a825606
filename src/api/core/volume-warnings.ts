import { labelWarnings } from "../deprecated-labels.ts";
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec } from "../generated/core/v1.ts";
import { claimSpecWarnings } from "./pod-volume-warnings.ts";
import { CLASS_ANNOTATION, MOUNT_ANNOTATION } from "./storage-annotations.ts";

/** What is deprecated in a volume (pkg/api/persistentvolume/util.go). */
export function volumeWarnings({ metadata, spec = {} }: PersistentVolume): string[] {
  const annotations = metadata?.annotations ?? {};
  const warnings: string[] = [];
  if (annotations[CLASS_ANNOTATION] !== undefined) {
    warnings.push(
      `metadata.annotations[${CLASS_ANNOTATION}]: deprecated since v1.8; use "storageClassName" attribute instead`,
    );
  }
  if (annotations[MOUNT_ANNOTATION] !== undefined) {
    warnings.push(
      `metadata.annotations[${MOUNT_ANNOTATION}]: deprecated since v1.31; use "mountOptions" attribute instead`,
    );
  }
  if (spec.persistentVolumeReclaimPolicy === "Recycle") {
    warnings.push(
      "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
    );
  }
  (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).forEach(({ matchExpressions = [] }, index) => {
    const at = `spec.nodeAffinity.required.nodeSelectorTerms[${index}].matchExpressions`;
    for (const [place, { key }] of matchExpressions.entries())
      warnings.push(...labelWarnings(key, `${at}[${place}].key`));
  });
  for (const [source, name, text] of SOURCES) if (spec[source] !== undefined) warnings.push(`spec.${name}: ${text}`);
  return warnings;
}

/** Sources whose drivers are gone, with the name that upstream's warning has for them. */
const SOURCES: readonly (readonly [source: keyof PersistentVolumeSpec, name: string, text: string])[] = [
  ["cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"],
];

/** The same in a claim (pkg/api/persistentvolumeclaim/util.go). */
export function claimWarnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  const warnings: string[] = [];
  if (metadata?.annotations?.[CLASS_ANNOTATION] !== undefined) {
    warnings.push(
      `metadata.annotations[${CLASS_ANNOTATION}]: deprecated since v1.8; use "storageClassName" attribute instead`,
    );
  }
  return [...warnings, ...claimSpecWarnings(spec, "spec")];
}
