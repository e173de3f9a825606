import { labelWarnings } from "../deprecated-labels.ts";
import type { PersistentVolume, PersistentVolumeClaim } from "../generated/core/v1.ts";
import { tryParseQuantity } from "../quantity.ts";

const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";
const MOUNT_ANNOTATION = "volume.beta.kubernetes.io/mount-options";

/** What is deprecated in a volume (pkg/api/persistentvolume/util.go). */
export function volumeWarnings({ metadata, spec = {} }: PersistentVolume): string[] {
  const annotations = metadata?.annotations ?? {};
  const warnings = (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).flatMap((term, index) =>
    (term.matchExpressions ?? []).flatMap(({ key }, at) =>
      labelWarnings(key, `spec.nodeAffinity.required.nodeSelectorTerms[${index}].matchExpressions[${at}].key`),
    ),
  );
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
  for (const [key, text] of Object.entries(SOURCES)) {
    if (spec[key as keyof typeof spec] !== undefined) warnings.push(`spec.${key}: ${text}`);
  }
  return warnings;
}

const SOURCES: Readonly<Record<string, string>> = {
  cephfs: "deprecated in v1.28, non-functional in v1.31+",
  photonPersistentDisk: "deprecated in v1.11, non-functional in v1.16+",
  scaleIO: "deprecated in v1.16, non-functional in v1.22+",
  storageos: "deprecated in v1.22, non-functional in v1.25+",
  glusterfs: "deprecated in v1.25, non-functional in v1.26+",
  rbd: "deprecated in v1.28, non-functional in v1.31+",
};

/** The same in a claim (pkg/api/persistentvolumeclaim/util.go). */
export function claimWarnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  const warnings: string[] = [];
  if (metadata?.annotations?.[CLASS_ANNOTATION] !== undefined) {
    warnings.push(
      `metadata.annotations[${CLASS_ANNOTATION}]: deprecated since v1.8; use "storageClassName" attribute instead`,
    );
  }
  for (const list of ["requests", "limits"] as const) {
    const text = spec?.resources?.[list]?.storage;
    const quantity = tryParseQuantity(text);
    if (quantity === undefined || quantity.nanos % 1_000_000_000n === 0n) continue;
    const shown = JSON.stringify(text);
    warnings.push(`spec.resources.${list}[storage]: fractional byte value ${shown} is invalid, must be an integer`);
  }
  return warnings;
}
