import { ageColumn, nameColumn, textColumn, wide } from "../columns.ts";
import { type FieldError, forbiddenField } from "../field-error.ts";
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";
import { immutable } from "../object-meta.ts";
import { compareQuantities, tryParseQuantity } from "../quantity.ts";
import { formatAccessModes } from "./access-modes.ts";
import { setResourceListDefaults, setResourceRequirementsDefaults } from "./resource-list.ts";
import { validateClaimSpec } from "./validate-claim-spec.ts";

const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

export const persistentVolumeClaimKind = defineKind<PersistentVolumeClaim>({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  withoutGeneration: true,
  setDefaults(claim) {
    const spec = (claim.spec ??= {});
    spec.volumeMode ??= "Filesystem";
    setResourceRequirementsDefaults(spec.resources);
    if (spec.dataSource?.kind === "PersistentVolumeClaim" && spec.dataSourceRef === undefined) {
      spec.dataSourceRef = { ...spec.dataSource };
    }
    claim.status ??= {};
    claim.status.phase ||= "Pending";
    setResourceListDefaults(claim.status.capacity);
  },
  prepareForCreate(claim) {
    claim.status = { phase: "Pending" };
  },
  validate: ({ spec = {} }) => validateClaimSpec(spec, "spec"),
  validateUpdate: validateClaimUpdate,
  columns: [
    nameColumn,
    textColumn<PersistentVolumeClaim>(
      "Status",
      "phase represents the current phase of PersistentVolumeClaim.",
      (claim) => (claim.metadata?.deletionTimestamp === undefined ? (claim.status?.phase ?? "") : "Terminating"),
    ),
    textColumn<PersistentVolumeClaim>(
      "Volume",
      "The volume that backs this claim.",
      ({ spec }) => spec?.volumeName ?? "",
    ),
    textColumn<PersistentVolumeClaim>(
      "Capacity",
      "The actual resources of the underlying volume.",
      ({ spec, status }) => (spec?.volumeName ? (status?.capacity?.storage ?? "0") : ""),
    ),
    textColumn<PersistentVolumeClaim>("Access Modes", "The actual access modes of the volume.", ({ spec, status }) =>
      spec?.volumeName ? formatAccessModes(status?.accessModes) : "",
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
        "What type of volume is required by the claim.",
        ({ spec }) => spec?.volumeMode ?? "<unset>",
      ),
    ),
  ],
});

/** Once made, a claim may only be bound, and grow when it is bound. */
function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const before: PersistentVolumeClaimSpec = { ...old.spec };
  const now: PersistentVolumeClaimSpec = { ...claim.spec };
  if (!before.volumeName && now.volumeName) before.volumeName = now.volumeName;
  const bound = old.status?.phase === "Bound";
  const [asked, had] = [now.resources?.requests?.storage, before.resources?.requests?.storage];
  if (bound && asked !== undefined) {
    before.resources = { ...before.resources, requests: { ...before.resources?.requests, storage: asked } };
  }
  if (now.volumeAttributesClassName !== undefined) before.volumeAttributesClassName = now.volumeAttributesClassName;
  // A class may be filled in later where there was none.
  if (before.storageClassName === undefined && !before.volumeName) before.storageClassName = now.storageClassName!;
  const errors: FieldError[] = [];
  if (immutable(now, before, "spec").length > 0) {
    errors.push(
      forbiddenField(
        "spec",
        "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
      ),
    );
  }
  const [wanted, present] = [tryParseQuantity(asked), tryParseQuantity(had)];
  if (bound && wanted !== undefined && present !== undefined && compareQuantities(wanted, present) < 0) {
    const least = tryParseQuantity(claim.status?.capacity?.storage);
    if (least === undefined || compareQuantities(wanted, least) <= 0) {
      errors.push(forbiddenField("spec.resources.requests.storage", "field can not be less than status.capacity"));
    }
  }
  return errors;
}
