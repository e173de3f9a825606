import { validateNodeSelector } from "../core/validate-affinity.ts";
import { invalids, named, uniqueness } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, required, tooLong, tooMany } from "../field-error.ts";
import type { Device, DeviceAttribute, DeviceCapacity } from "../generated/resource.k8s.io/v1.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "../names.ts";
import { equalJson } from "../patch/json-value.ts";
import { validateBindingConditions } from "./binding-conditions.ts";
import { validateCounters } from "./counters.ts";
import { validateDeviceTaint } from "./device-taint.ts";
import { keyed, QUALIFIED_NAME_MAX, validateQualifiedName } from "./resource-names.ts";
import { validateRequestPolicy } from "./validate-request-policy.ts";

const PROPERTIES_MAX = 32;
const TAINTS_MAX = 16;
const CONSUMPTIONS_MAX = 2;
const VALUE_MAX = 64;

/** What is wrong with one device. */
export function validateDevice(
  device: Device,
  field: string,
  options: { old: Device | undefined; perDeviceNodeSelection: boolean },
): FieldError[] {
  const { old } = options;
  const { name = "", attributes = {}, capacity = {}, taints = [], consumesCounters = [] } = device;
  const errors = invalids(`${field}.name`, name, dnsLabelErrors(name));
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > PROPERTIES_MAX) {
    const message = `the total number of attributes and capacities must not exceed ${PROPERTIES_MAX}`;
    errors.push(invalid(field, count, message));
  }
  for (const [key, attribute] of Object.entries(attributes)) {
    const at = keyed(`${field}.attributes`, key, QUALIFIED_NAME_MAX);
    errors.push(...validateQualifiedName(key, at), ...validateAttribute(attribute, at));
  }
  if (old === undefined || !equalJson(old.capacity ?? {}, capacity)) {
    for (const [key, each] of Object.entries(capacity)) {
      const at = keyed(`${field}.capacity`, key, QUALIFIED_NAME_MAX);
      errors.push(...validateQualifiedName(key, at), ...validateCapacity(each, at, device));
    }
  }
  if (old === undefined || !equalJson(old.taints ?? [], taints)) {
    if (taints.length > TAINTS_MAX) errors.push(tooMany(`${field}.taints`, taints.length, TAINTS_MAX));
    else errors.push(...taints.flatMap((taint, index) => validateDeviceTaint(taint, `${field}.taints[${index}]`)));
  }
  errors.push(...validateConsumptions(consumesCounters, `${field}.consumesCounters`));
  errors.push(...validatePlace(device, field, options.perDeviceNodeSelection));
  return [...errors, ...validateBindingConditions(device, field)];
}

function validateConsumptions(list: NonNullable<Device["consumesCounters"]>, field: string): FieldError[] {
  if (list.length > CONSUMPTIONS_MAX) return [tooMany(field, list.length, CONSUMPTIONS_MAX)];
  const unique = uniqueness();
  return [
    ...list.flatMap(({ counterSet, counters = {} }, index) => [
      ...named(counterSet, dnsLabelErrors, `${field}[${index}].counterSet`),
      ...validateCounters(counters, `${field}[${index}].counters`),
    ]),
    ...list.flatMap(({ counterSet }, index) => unique(counterSet, `${field}[${index}]`)),
  ];
}

const WHERE =
  "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
const NOWHERE =
  "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec";

/** Devices say where they are when the slice leaves it to them. */
function validatePlace({ nodeName, nodeSelector, allNodes }: Device, field: string, isOwn: boolean): FieldError[] {
  if (!isOwn) {
    const isSaid = nodeName !== undefined || nodeSelector !== undefined || allNodes !== undefined;
    return isSaid ? [invalid(field, null, NOWHERE)] : [];
  }
  const errors: FieldError[] = [];
  const set: string[] = [];
  if (nodeName === "") errors.push(invalid(`${field}.nodeName`, nodeName, "must not be empty"));
  else if (nodeName !== undefined) {
    set.push("`nodeName`");
    errors.push(...invalids(`${field}.nodeName`, nodeName, dnsSubdomainErrors(nodeName)));
  }
  if (nodeSelector !== undefined) {
    set.push("`nodeSelector`");
    errors.push(...validateNodeSelector(nodeSelector, `${field}.nodeSelector`));
  }
  if (allNodes === true) set.push("`allNodes`");
  if (allNodes === false) errors.push(invalid(`${field}.allNodes`, allNodes, "must be either unset or set to true"));
  if (set.length === 0) errors.push(required(field, WHERE));
  if (set.length > 1) errors.push(invalid(field, `{${set.join(", ")}}`, WHERE));
  return errors;
}

function validateCapacity(capacity: DeviceCapacity, field: string, device: Device): FieldError[] {
  const policy = capacity.requestPolicy;
  if (policy === undefined) return [];
  const path = `${field}.requestPolicy`;
  if (device.allowMultipleAllocations !== true) {
    return [forbiddenField(path, "allowMultipleAllocations must be true")];
  }
  return validateRequestPolicy(capacity.value, policy, path);
}

const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-((0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(\+([0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*))?$/;

function validateAttribute(attribute: DeviceAttribute, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { string, version } = attribute;
  if (string !== undefined && Buffer.byteLength(string) > VALUE_MAX) errors.push(tooLong(`${field}.string`, VALUE_MAX));
  if (version !== undefined) {
    const message = "must be a string compatible with semver.org spec 2.0.0";
    if (!SEMVER.test(version)) errors.push(invalid(`${field}.version`, version, message));
    if (Buffer.byteLength(version) > VALUE_MAX) errors.push(tooLong(`${field}.version`, VALUE_MAX));
  }
  const set = Object.values(attribute).filter((value) => value !== undefined).length;
  if (set === 1) return errors;
  return [...errors, invalid(field, set === 0 ? "" : attribute, "exactly one value must be specified")];
}
