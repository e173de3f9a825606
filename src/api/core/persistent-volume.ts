import { ageColumn, nameColumn, textColumn, wide } from "../columns.ts";
import { type FieldError, forbiddenField, invalid } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { PersistentVolume, PersistentVolumeSpec, VolumeNodeAffinity } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";
import { immutable } from "../object-meta.ts";
import { formatAccessModes } from "./access-modes.ts";
import { setResourceListDefaults } from "./resource-list.ts";
import { CLASS_ANNOTATION } from "./storage-annotations.ts";
import { validateMountAnnotation } from "./validate-mount-annotation.ts";
import { sourcesOf, validateVolumeSpec } from "./validate-volume-spec.ts";
import { volumeWarnings } from "./volume-warnings.ts";

export const persistentVolumeKind = defineKind<PersistentVolume>({
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  withoutGeneration: true,
  setDefaults(volume) {
    const spec = (volume.spec ??= {});
    setResourceListDefaults(spec.capacity);
    spec.persistentVolumeReclaimPolicy ||= "Retain";
    spec.volumeMode ??= "Filesystem";
    if (spec.hostPath) spec.hostPath.type ??= "";
    if (spec.iscsi) spec.iscsi.iscsiInterface ||= "default";
    if (spec.rbd) {
      spec.rbd.pool ||= "rbd";
      spec.rbd.user ||= "admin";
      spec.rbd.keyring ||= "/etc/ceph/keyring";
    }
    if (spec.azureDisk) {
      spec.azureDisk.cachingMode ??= "ReadWrite";
      spec.azureDisk.kind ??= "Shared";
      spec.azureDisk.fsType ??= "ext4";
      spec.azureDisk.readOnly ??= false;
    }
    if (spec.scaleIO) {
      spec.scaleIO.storageMode ||= "ThinProvisioned";
      spec.scaleIO.fsType ||= "xfs";
    }
    setStatusDefaults(volume);
  },
  setStatusDefaults,
  prepareForCreate(volume) {
    volume.status = { phase: "Pending" };
  },
  validate: (volume) => [
    ...validateVolumeSpec(volume.spec ?? {}, "spec", { name: volume.metadata?.name ?? "" }),
    ...validateMountAnnotation(volume),
  ],
  validateUpdate: validateVolumeUpdate,
  warnings: volumeWarnings,
  columns: [
    nameColumn,
    textColumn<PersistentVolume>(
      "Capacity",
      columnTexts["core.v1.PersistentVolumeSpec.capacity"],
      ({ spec }) => spec?.capacity?.storage ?? "0",
    ),
    textColumn<PersistentVolume>("Access Modes", columnTexts["core.v1.PersistentVolumeSpec.accessModes"], ({ spec }) =>
      formatAccessModes(spec?.accessModes),
    ),
    textColumn<PersistentVolume>(
      "Reclaim Policy",
      columnTexts["core.v1.PersistentVolumeSpec.persistentVolumeReclaimPolicy"],
      ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? "",
    ),
    textColumn<PersistentVolume>("Status", columnTexts["core.v1.PersistentVolumeStatus.phase"], (volume) =>
      volume.metadata?.deletionTimestamp === undefined ? (volume.status?.phase ?? "") : "Terminating",
    ),
    textColumn<PersistentVolume>("Claim", columnTexts["core.v1.PersistentVolumeSpec.claimRef"], ({ spec }) =>
      spec?.claimRef === undefined ? "" : `${spec.claimRef.namespace ?? ""}/${spec.claimRef.name ?? ""}`,
    ),
    textColumn<PersistentVolume>(
      "StorageClass",
      "StorageClass of the pv",
      ({ spec, metadata }) => metadata?.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? "",
    ),
    textColumn<PersistentVolume>(
      "VolumeAttributesClass",
      "VolumeAttributesClass of the pv",
      ({ spec }) => spec?.volumeAttributesClassName ?? "<unset>",
    ),
    textColumn<PersistentVolume>(
      "Reason",
      columnTexts["core.v1.PersistentVolumeStatus.reason"],
      ({ status }) => status?.reason ?? "",
    ),
    ageColumn,
    wide(
      textColumn<PersistentVolume>(
        "VolumeMode",
        columnTexts["core.v1.PersistentVolumeSpec.volumeMode"],
        ({ spec }) => spec?.volumeMode ?? "<unset>",
      ),
    ),
  ],
});

function setStatusDefaults(volume: PersistentVolume): void {
  volume.status ??= {};
  volume.status.phase ||= "Pending";
}

/** What it was made of stays; a secret for growing may be named later. */
function validateVolumeUpdate({ spec = {} }: PersistentVolume, old: PersistentVolume): FieldError[] {
  const before = old.spec ?? {};
  const errors: FieldError[] = [];
  if (immutable(sourceOf(spec, before), sourceOf(before), "spec").length > 0) {
    const message = "spec.persistentvolumesource is immutable after creation";
    errors.push(forbiddenField("spec.persistentvolumesource", message));
  }
  errors.push(...immutable(spec.volumeMode, before.volumeMode, "volumeMode"));
  const message = "field is immutable, except for updating from beta label to GA";
  if (before.nodeAffinity !== undefined && !isSameAffinity(spec.nodeAffinity, before.nodeAffinity)) {
    errors.push(invalid("nodeAffinity", spec.nodeAffinity, message));
  }
  if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.push(forbiddenField("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden"));
  }
  return errors;
}

function sourceOf(spec: PersistentVolumeSpec, before = spec): unknown {
  const source = Object.fromEntries(sourcesOf(spec).map((key) => [key, spec[key as keyof PersistentVolumeSpec]]));
  if (spec.csi === undefined || before.csi === undefined || before.csi.controllerExpandSecretRef !== undefined)
    return source;
  const { controllerExpandSecretRef: _, ...csi } = spec.csi;
  return { ...source, csi };
}

const STABLE_LABELS: Readonly<Record<string, string>> = {
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
  "beta.kubernetes.io/os": "kubernetes.io/os",
  "beta.kubernetes.io/arch": "kubernetes.io/arch",
  "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
};

/** The same nodes; a label of the beta version may be named as it is named now. */
function isSameAffinity(now: VolumeNodeAffinity | undefined, old: VolumeNodeAffinity): boolean {
  const terms = now?.required?.nodeSelectorTerms ?? [];
  const renamed = structuredClone(old);
  (renamed.required?.nodeSelectorTerms ?? []).forEach((term, index) => {
    for (const list of ["matchExpressions", "matchFields"] as const) {
      (term[list] ?? []).forEach((requirement, at) => {
        const key = terms[index]?.[list]?.[at]?.key;
        if (key !== undefined && STABLE_LABELS[requirement.key] === key) requirement.key = key;
      });
    }
  });
  return immutable(now, renamed, "").length === 0;
}
