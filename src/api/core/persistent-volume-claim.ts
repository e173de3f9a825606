import { ageColumn, nameColumn, textColumn, wide } from "../columns.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { PersistentVolumeClaim } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";
import { formatAccessModes } from "./access-modes.ts";
import { dropUnknownSource, normalizeSources, validateClaimStatus, validateClaimUpdate } from "./claim-update.ts";
import { setResourceListDefaults, setResourceRequirementsDefaults } from "./resource-list.ts";
import { CLASS_ANNOTATION } from "./storage-annotations.ts";
import { validateClaimSpec } from "./validate-claim-spec.ts";
import { claimWarnings } from "./volume-warnings.ts";

export const persistentVolumeClaimKind = defineKind<PersistentVolumeClaim>({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  withoutGeneration: true,
  setDefaults(claim) {
    const spec = (claim.spec ??= {});
    spec.volumeMode ??= "Filesystem";
    setResourceRequirementsDefaults(spec.resources);
    setStatusDefaults(claim);
  },
  setStatusDefaults,
  prepareForCreate(claim) {
    claim.status = { phase: "Pending" };
    if (claim.spec === undefined) return;
    dropUnknownSource(claim.spec);
    normalizeSources(claim.spec);
  },
  prepareForUpdate(claim, old) {
    if (claim.spec === undefined) return;
    dropUnknownSource(claim.spec, old.spec);
    normalizeSources(claim.spec);
  },
  validate: ({ spec = {} }, old) => validateClaimSpec(spec, "spec", old?.spec),
  validateUpdate: validateClaimUpdate,
  validateStatusUpdate: validateClaimStatus,
  warnings: claimWarnings,
  columns: [
    nameColumn,
    textColumn<PersistentVolumeClaim>("Status", columnTexts["core.v1.PersistentVolumeClaimStatus.phase"], (claim) =>
      claim.metadata?.deletionTimestamp === undefined ? (claim.status?.phase ?? "") : "Terminating",
    ),
    textColumn<PersistentVolumeClaim>(
      "Volume",
      columnTexts["core.v1.PersistentVolumeClaimSpec.volumeName"],
      ({ spec }) => spec?.volumeName ?? "",
    ),
    textColumn<PersistentVolumeClaim>(
      "Capacity",
      columnTexts["core.v1.PersistentVolumeClaimStatus.capacity"],
      ({ spec, status }) => (spec?.volumeName ? (status?.capacity?.storage ?? "0") : ""),
    ),
    textColumn<PersistentVolumeClaim>(
      "Access Modes",
      columnTexts["core.v1.PersistentVolumeClaimStatus.accessModes"],
      ({ spec, status }) => (spec?.volumeName ? formatAccessModes(status?.accessModes) : ""),
    ),
    textColumn<PersistentVolumeClaim>(
      "StorageClass",
      "StorageClass of the pvc",
      ({ spec, metadata }) => metadata?.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? "",
    ),
    textColumn<PersistentVolumeClaim>(
      "VolumeAttributesClass",
      "VolumeAttributesClass of the pvc",
      ({ spec }) => spec?.volumeAttributesClassName ?? "<unset>",
    ),
    ageColumn,
    wide(
      textColumn<PersistentVolumeClaim>(
        "VolumeMode",
        columnTexts["core.v1.PersistentVolumeClaimSpec.volumeMode"],
        ({ spec }) => spec?.volumeMode ?? "<unset>",
      ),
    ),
  ],
});

function setStatusDefaults(claim: PersistentVolumeClaim): void {
  const status = (claim.status ??= {});
  status.phase ||= "Pending";
  setResourceListDefaults(status.capacity);
  setResourceListDefaults(status.allocatedResources);
}
