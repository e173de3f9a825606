import { invalids } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "../generated/core/v1.ts";
import { qualifiedNameErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { compareQuantities, parseQuantity, quantityValue, tryParseQuantity } from "../quantity.ts";
import { CLASS_ANNOTATION } from "./storage-annotations.ts";

const ONLY_SIZE =
  "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

/** Once made, a claim may only be bound, get a class where it had none, and change its size and attributes when it is bound. */
export function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const before: PersistentVolumeClaimSpec = { ...old.spec };
  const now: PersistentVolumeClaimSpec = { ...claim.spec };
  if (!before.volumeName && now.volumeName) before.volumeName = now.volumeName;
  const errors = [...carryClass(now, { claim, old })];
  const isBound = claim.status?.phase === "Bound";
  if (isBound && now.resources?.requests !== undefined) {
    const storage = before.resources?.requests?.storage;
    const { storage: _, ...requests } = now.resources.requests;
    now.resources = { ...now.resources, requests: { ...requests, ...(storage !== undefined && { storage }) } };
  }
  if (isBound && now.volumeAttributesClassName !== undefined) {
    now.volumeAttributesClassName = before.volumeAttributesClassName!;
  }
  if (immutable(now, withSources(before), "spec").length > 0) errors.push(forbiddenField("spec", ONLY_SIZE));
  errors.push(...validateSize(claim, old));
  errors.push(...immutable(claim.spec?.volumeMode, old.spec?.volumeMode, "volumeMode"));
  return [...errors, ...validateAttributes(claim.spec?.volumeAttributesClassName, old.spec?.volumeAttributesClassName)];
}

/** A class that an annotation named, or none, may be named in the spec. */
function carryClass(
  now: PersistentVolumeClaimSpec,
  { claim, old }: { claim: PersistentVolumeClaim; old: PersistentVolumeClaim },
): FieldError[] {
  const wanted = claim.spec?.storageClassName;
  const known = old.spec?.storageClassName;
  const annotation = claim.metadata?.annotations?.[CLASS_ANNOTATION];
  const before = old.metadata?.annotations?.[CLASS_ANNOTATION];
  const isMissing = known === undefined && wanted !== undefined;
  if (isMissing && before === wanted && (annotation === undefined || annotation === before)) {
    delete now.storageClassName;
    return [];
  }
  const errors = immutable(annotation ?? "", before ?? "", `metadata.annotations[${CLASS_ANNOTATION}]`);
  if (isMissing && before === undefined) delete now.storageClassName;
  return errors;
}

/** Claims of older servers name one source where newer ones name the same twice. */
function withSources(spec: PersistentVolumeClaimSpec): PersistentVolumeClaimSpec {
  const draft = { ...spec };
  normalizeSources(draft);
  return draft;
}

/** What a claim is filled from stands in both fields when one of them says it. */
export function normalizeSources(spec: PersistentVolumeClaimSpec): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource };
  else if (dataSource === undefined && dataSourceRef !== undefined && !dataSourceRef.namespace) {
    const { namespace: _, ...source } = dataSourceRef;
    spec.dataSource = source;
  }
}

/** The older field takes claims and snapshots only: what else stands there counts as nothing. */
export function dropUnknownSource(spec: PersistentVolumeClaimSpec, old?: PersistentVolumeClaimSpec): void {
  // Sources in other namespaces are not to be had.
  if (spec.dataSourceRef?.namespace && old?.dataSourceRef === undefined) delete spec.dataSourceRef;
  if (old?.dataSource !== undefined || old?.dataSourceRef !== undefined || spec.dataSourceRef !== undefined) return;
  const { kind, apiGroup } = spec.dataSource ?? {};
  const isClaim = kind === "PersistentVolumeClaim" && !apiGroup;
  const isSnapshot = kind === "VolumeSnapshot" && apiGroup === "snapshot.storage.k8s.io";
  if (!isClaim && !isSnapshot) delete spec.dataSource;
}

/** A claim may ask for less again, but not for less than there is. */
function validateSize(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const sizeOf = (text: string | undefined) => tryParseQuantity(text) ?? parseQuantity("0");
  const wanted = sizeOf(claim.spec?.resources?.requests?.storage);
  if (compareQuantities(wanted, sizeOf(old.spec?.resources?.requests?.storage)) >= 0) return [];
  if (compareQuantities(wanted, sizeOf(old.status?.capacity?.storage)) > 0) return [];
  return [forbiddenField("spec.resources.requests.storage", "field can not be less than status.capacity")];
}

function validateAttributes(name: string | undefined, before: string | undefined): FieldError[] {
  if (before === undefined || name === before) return [];
  const field = "spec.volumeAttributesClassName";
  if (name === undefined) return [forbiddenField(field, "update from non-nil value to nil is forbidden")];
  return name === "" ? [forbiddenField(field, "update from non-nil value to an empty string is forbidden")] : [];
}

const RESIZE_STATES = [
  "ControllerResizeInProgress",
  "ControllerResizeInfeasible",
  "NodeResizePending",
  "NodeResizeInProgress",
  "NodeResizeInfeasible",
].sort();

/** What is wrong with what controllers say of a claim. */
export function validateClaimStatus({ spec, status }: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = (spec?.accessModes ?? []).length === 0 ? [required("Spec.accessModes")] : [];
  for (const [name, text] of Object.entries(status?.capacity ?? {})) {
    errors.push(...validateAmount(text, `status.capacity[${name}]`));
  }
  const field = "status.allocatedResourceStatus";
  for (const [name, state] of Object.entries(status?.allocatedResourceStatuses ?? {})) {
    errors.push(...validateResourceKey(name, field));
    if (!RESIZE_STATES.includes(state)) errors.push(notSupported(field, name, RESIZE_STATES));
  }
  for (const [name, text] of Object.entries(status?.allocatedResources ?? {})) {
    const wrong = validateResourceKey(name, "status.allocatedResources");
    errors.push(...(wrong.length > 0 ? wrong : validateAmount(text, `status.allocatedResources[${name}]`)));
  }
  return errors;
}

function validateAmount(text: string, field: string): FieldError[] {
  const value = tryParseQuantity(text) === undefined ? 0 : quantityValue(text);
  return value < 0 ? [invalid(field, value, "must be a valid resource quantity")] : [];
}

function validateResourceKey(name: string, field: string): FieldError[] {
  const errors = invalids(field, name, qualifiedNameErrors(name));
  if (errors.length > 0) return errors;
  const isNative = !name.includes("/") || name.includes("kubernetes.io/");
  return isNative && name !== "storage" ? [notSupported(field, name, ["storage"])] : [];
}
