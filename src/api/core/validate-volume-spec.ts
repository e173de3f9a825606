import { malformedQuantity } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { PersistentVolumeSpec } from "../generated/core/v1.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { tryParseQuantity } from "../quantity.ts";
import { accessModeErrors } from "./access-modes.ts";
import { validateNodeSelector } from "./validate-affinity.ts";
import { validatePersistentSource } from "./validate-persistent-source.ts";

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
const POLICIES = ["Delete", "Recycle", "Retain"];
const MODES = ["Block", "Filesystem"];

/** Of several sources the first one counts. */
const SOURCES = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "flocker",
  "nfs",
  "rbd",
  "quobyte",
  "cephfs",
  "iscsi",
  "cinder",
  "fc",
  "flexVolume",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "scaleIO",
  "local",
  "storageos",
  "csi",
] as const;

/** What the volume is made of, by the names of the fields. */
export const sourcesOf = (spec: PersistentVolumeSpec): string[] =>
  Object.keys(spec).filter((key) => !PLAIN_FIELDS.has(key) && spec[key as keyof PersistentVolumeSpec] !== undefined);

/**
 * What is wrong with a volume's spec (ValidatePersistentVolumeSpec).
 *
 * @param options.isInline it stands in an attachment and not in a volume of its own
 * @param options.name the volume's
 */
export function validateVolumeSpec(
  spec: PersistentVolumeSpec,
  field: string,
  { isInline = false, name = "" }: { isInline?: boolean; name?: string } = {},
): FieldError[] {
  const errors = isInline ? validateInline(spec, field) : [];
  if ((spec.accessModes ?? []).length === 0) errors.push(required(`${field}.accessModes`));
  errors.push(...accessModeErrors(spec.accessModes ?? [], `${field}.accessModes`));
  if (!isInline) errors.push(...validateCapacity(spec.capacity ?? {}, `${field}.capacity`));
  errors.push(...validateReclaimPolicy(spec, field, isInline));
  if (spec.nodeAffinity !== undefined && !isInline) {
    const path = `${field}.nodeAffinity.required`;
    const wanted = spec.nodeAffinity.required;
    if (wanted === undefined) errors.push(required(path, "must specify required node constraints"));
    else errors.push(...validateNodeSelector(wanted, path));
  }
  errors.push(...validateSource({ spec, name }, field));
  return [...errors, ...validateClasses(spec, field, isInline)];
}

const INLINE = "may not be specified in the context of inline volumes";

function validateInline(spec: PersistentVolumeSpec, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.claimRef !== undefined) errors.push(forbiddenField(`${field}.claimRef`, INLINE));
  if (Object.keys(spec.capacity ?? {}).length > 0) errors.push(forbiddenField(`${field}.capacity`, INLINE));
  if (spec.csi === undefined) {
    errors.push(required(`${field}.csi`, "has to be specified in the context of inline volumes"));
  }
  if (spec.nodeAffinity !== undefined) errors.push(forbiddenField(`${field}.nodeAffinity`, INLINE));
  return errors;
}

function validateCapacity(capacity: Readonly<Record<string, string>>, field: string): FieldError[] {
  const names = Object.keys(capacity);
  const errors: FieldError[] = names.length === 0 ? [required(field)] : [];
  if (capacity.storage === undefined || names.length > 1) {
    errors.push(notSupported(field, names.length === 0 ? null : capacity, ["storage"]));
  }
  for (const [name, text] of Object.entries(capacity)) {
    const path = `${field}[${name}]`;
    const quantity = tryParseQuantity(text);
    if (quantity === undefined) errors.push(malformedQuantity(path, text));
    else if (quantity.nanos < 0n) {
      const value = Number(quantity.nanos / 1_000_000_000n);
      errors.push(invalid(path, value, "must be a valid resource quantity"));
    }
    if (quantity !== undefined && quantity.nanos <= 0n) errors.push(invalid(path, text, "must be greater than zero"));
  }
  return errors;
}

function validateReclaimPolicy(spec: PersistentVolumeSpec, field: string, isInline: boolean): FieldError[] {
  const policy = spec.persistentVolumeReclaimPolicy;
  const path = `${field}.persistentVolumeReclaimPolicy`;
  if (!policy) return [];
  if (isInline) {
    return policy === "Retain" ? [] : [forbiddenField(path, "may only be Retain in the context of inline volumes")];
  }
  return POLICIES.includes(policy) ? [] : [notSupported(path, policy, POLICIES)];
}

function validateSource(volume: { spec: PersistentVolumeSpec; name: string }, field: string): FieldError[] {
  const { spec } = volume;
  const sources = SOURCES.filter((source) => spec[source] !== undefined);
  const [first, ...others] = sources;
  if (first === undefined) return [required(field, "must specify a volume type")];
  const errors = validatePersistentSource(first, volume, field);
  for (const source of others) {
    errors.push(forbiddenField(`${field}.${source}`, "may not specify more than 1 volume type"));
  }
  if (first === "local" && spec.nodeAffinity === undefined) {
    errors.push(required(`${field}.nodeAffinity`, "Local volume requires node affinity"));
  }
  const isRoot = /^\/+$/.test((spec.hostPath?.path ?? "").replaceAll(/\/\.(?=\/|$)/g, "/"));
  if (isRoot && spec.persistentVolumeReclaimPolicy === "Recycle") {
    const message = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(forbiddenField(`${field}.persistentVolumeReclaimPolicy`, message));
  }
  return errors;
}

function validateClasses(spec: PersistentVolumeSpec, field: string, isInline: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const { storageClassName: storage, volumeMode: mode, volumeAttributesClassName: attributes } = spec;
  const check = (key: string, name: string): void => {
    errors.push(...dnsSubdomainErrors(name).map((message) => invalid(`${field}.${key}`, name, message)));
  };
  if (storage && isInline) errors.push(forbiddenField(`${field}.storageClassName`, INLINE));
  else if (storage) check("storageClassName", storage);
  if (mode !== undefined && isInline && mode !== "Filesystem") {
    const message = "may not specify volumeMode other than Filesystem in the context of inline volumes";
    errors.push(forbiddenField(`${field}.volumeMode`, message));
  } else if (mode !== undefined && !isInline && !MODES.includes(mode)) {
    errors.push(notSupported(`${field}.volumeMode`, mode, MODES));
  }
  if (attributes === undefined) return errors;
  if (attributes === "") errors.push(required(`${field}.volumeAttributesClassName`, "an empty string is disallowed"));
  else check("volumeAttributesClassName", attributes);
  if (spec.csi === undefined) {
    errors.push(required(`${field}.csi`, "has to be specified when using volumeAttributesClassName"));
  }
  return errors;
}
