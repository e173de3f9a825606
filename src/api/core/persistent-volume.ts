import { ageColumn, nameColumn, textColumn, wide } from "../columns.ts";
import { nonNegativeQuantity, oneOf, optionalNamed, optionalOneOf } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { PersistentVolume, PersistentVolumeSpec } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { formatAccessModes, validateAccessModes } from "./access-modes.ts";
import { setResourceListDefaults } from "./resource-list.ts";
import { validateNodeSelector } from "./validate-affinity.ts";

/** Fields of the spec that are not one of its sources. */
const PLAIN_FIELDS = new Set([
  "accessModes",
  "capacity",
  "claimRef",
  "mountOptions",
  "nodeAffinity",
  "persistentVolumeReclaimPolicy",
  "storageClassName",
  "volumeAttributesClassName",
  "volumeMode",
]);
const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

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
    volume.status ??= {};
    volume.status.phase ||= "Pending";
  },
  prepareForCreate(volume) {
    volume.status = { phase: "Pending" };
  },
  validate: ({ spec = {} }) => validateSpec(spec),
  validateUpdate: validateVolumeUpdate,
  columns: [
    nameColumn,
    textColumn<PersistentVolume>(
      "Capacity",
      "The persistent volume's resources and capacity.",
      ({ spec }) => spec?.capacity?.storage ?? "0",
    ),
    textColumn<PersistentVolume>("Access Modes", "All ways the volume can be mounted.", ({ spec }) =>
      formatAccessModes(spec?.accessModes),
    ),
    textColumn<PersistentVolume>(
      "Reclaim Policy",
      "What happens to a persistent volume when released from its claim.",
      ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? "",
    ),
    textColumn<PersistentVolume>(
      "Status",
      "Whether a volume is available, bound to a claim, or released by a claim.",
      (volume) => (volume.metadata?.deletionTimestamp === undefined ? (volume.status?.phase ?? "") : "Terminating"),
    ),
    textColumn<PersistentVolume>("Claim", "The claim that the volume is bound to.", ({ spec }) =>
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
    textColumn<PersistentVolume>("Reason", "Why the volume is in its state.", ({ status }) => status?.reason ?? ""),
    ageColumn,
    wide(
      textColumn<PersistentVolume>(
        "VolumeMode",
        "Whether the volume has a filesystem or is raw.",
        ({ spec }) => spec?.volumeMode ?? "<unset>",
      ),
    ),
  ],
});

const sourcesOf = (spec: PersistentVolumeSpec): string[] =>
  Object.keys(spec).filter((key) => !PLAIN_FIELDS.has(key) && spec[key as keyof PersistentVolumeSpec] !== undefined);

function validateSpec(spec: PersistentVolumeSpec): FieldError[] {
  const errors = validateAccessModes(spec.accessModes, "spec.accessModes");
  const capacity = spec.capacity ?? {};
  if (Object.keys(capacity).length === 0) errors.push(required("spec.capacity"));
  else if (capacity.storage === undefined || Object.keys(capacity).length > 1) {
    errors.push(notSupported("spec.capacity", Object.keys(capacity).join(","), ["storage"]));
  }
  for (const [name, text] of Object.entries(capacity)) {
    errors.push(...nonNegativeQuantity(text, `spec.capacity[${name}]`));
    if (/^0*$/.test(text)) errors.push(invalid(`spec.capacity[${name}]`, text, "must be greater than zero"));
  }
  errors.push(
    ...oneOf(spec.persistentVolumeReclaimPolicy, ["Delete", "Recycle", "Retain"], "spec.persistentVolumeReclaimPolicy"),
  );
  if (spec.nodeAffinity !== undefined) {
    if (spec.nodeAffinity.required === undefined) {
      errors.push(required("spec.nodeAffinity.required", "must specify required node constraints"));
    } else errors.push(...validateNodeSelector(spec.nodeAffinity.required, "spec.nodeAffinity.required"));
  }
  const sources = sourcesOf(spec);
  if (sources.length === 0) errors.push(required("spec", "must specify a volume type"));
  for (const source of sources.slice(1)) {
    errors.push(forbiddenField(`spec.${source}`, "may not specify more than 1 volume type"));
  }
  if (spec.hostPath?.path === "/" && spec.persistentVolumeReclaimPolicy === "Recycle") {
    errors.push(
      forbiddenField("spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'"),
    );
  }
  if (spec.local !== undefined && spec.nodeAffinity === undefined) {
    errors.push(required("spec.nodeAffinity", "Local volume requires node affinity"));
  }
  errors.push(...optionalNamed(spec.storageClassName, dnsSubdomainErrors, "spec.storageClassName"));
  return [...errors, ...optionalOneOf(spec.volumeMode, ["Block", "Filesystem"], "spec.volumeMode")];
}

function validateVolumeUpdate({ spec = {} }: PersistentVolume, old: PersistentVolume): FieldError[] {
  const before = old.spec ?? {};
  const pick = (each: PersistentVolumeSpec) =>
    Object.fromEntries(sourcesOf(each).map((key) => [key, each[key as keyof PersistentVolumeSpec]]));
  const errors: FieldError[] = [];
  if (immutable(pick(spec), pick(before), "spec").length > 0) {
    errors.push(
      forbiddenField("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation"),
    );
  }
  errors.push(...immutable(spec.volumeMode, before.volumeMode, "spec.volumeMode"));
  if (before.nodeAffinity !== undefined) {
    errors.push(...immutable(spec.nodeAffinity, before.nodeAffinity, "spec.nodeAffinity"));
  }
  return errors;
}
