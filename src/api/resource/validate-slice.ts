import { named, uniqueness } from "../field-checks.ts";
import { type FieldError, invalid, required, tooLong, tooMany } from "../field-error.ts";
import type { Device, DeviceAttribute, ResourceSliceSpec } from "../generated/resource.k8s.io/v1.ts";
import { cIdentifierErrors, dnsLabelErrors, dnsSubdomainErrors } from "../names.ts";
import { validateDeviceTaint } from "./device-taint.ts";
import { driverErrors, poolErrors } from "./resource-names.ts";

const DEVICES_MAX = 128;
const COUNTING_DEVICES_MAX = 64;
const PROPERTIES_MAX = 32;
const TAINTS_MAX = 16;
const VALUE_MAX = 64;
const PLACES = ["nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"] as const;

/** What is wrong with a slice of the devices that a driver describes. */
export function validateSliceSpec(spec: ResourceSliceSpec | undefined, field: string): FieldError[] {
  const errors = [
    ...named(spec?.driver, driverErrors, `${field}.driver`),
    ...named(spec?.pool?.name, poolErrors, `${field}.pool.name`),
  ];
  const { generation = 0, resourceSliceCount = 0 } = spec?.pool ?? {};
  if (generation < 0) {
    errors.push(invalid(`${field}.pool.generation`, generation, "must be greater than or equal to zero"));
  }
  if (resourceSliceCount <= 0) {
    errors.push(invalid(`${field}.pool.resourceSliceCount`, resourceSliceCount, "must be greater than zero"));
  }
  errors.push(...validatePlace(spec, field));
  const devices = spec?.devices ?? [];
  const counts = devices.some(({ taints = [], consumesCounters = [] }) => taints.length + consumesCounters.length > 0);
  const max = counts ? COUNTING_DEVICES_MAX : DEVICES_MAX;
  if (devices.length > max) errors.push(tooMany(`${field}.devices`, devices.length, max));
  if (devices.length > 0 && (spec?.sharedCounters ?? []).length > 0) {
    const message = "only one of `sharedCounters` or `devices` is allowed";
    errors.push(invalid(`${field}.sharedCounters`, "", message));
  }
  const unique = uniqueness();
  devices.forEach((device, index) => {
    const at = `${field}.devices[${index}]`;
    errors.push(...named(device.name, dnsLabelErrors, `${at}.name`), ...unique(device.name, `${at}.name`));
    errors.push(...validateDevice(device, at));
  });
  return errors;
}

function validatePlace(spec: ResourceSliceSpec | undefined, field: string): FieldError[] {
  const set = PLACES.filter((key) => {
    const value = spec?.[key];
    return value !== undefined && value !== false && value !== "";
  });
  const message = `exactly one of ${PLACES.map((each) => `\`${each}\``).join(", ")} is required`;
  if (set.length === 0) return [required(field, message)];
  if (set.length > 1) {
    return [invalid(field, `{${set.join(", ")}}`, `${message}, but multiple fields are set`)];
  }
  return set[0] === "nodeName" ? named(spec?.nodeName, dnsSubdomainErrors, `${field}.nodeName`) : [];
}

function validateDevice({ attributes = {}, capacity = {}, taints = [] }: Device, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > PROPERTIES_MAX) {
    errors.push(
      invalid(field, count, `the total number of attributes and capacities must not exceed ${PROPERTIES_MAX}`),
    );
  }
  for (const [name, attribute] of Object.entries(attributes)) {
    const at = `${field}.attributes[${name}]`;
    errors.push(...validateQualifiedName(name, at), ...validateAttribute(attribute, at));
  }
  for (const name of Object.keys(capacity)) errors.push(...validateQualifiedName(name, `${field}.capacity[${name}]`));
  if (taints.length > TAINTS_MAX) errors.push(tooMany(`${field}.taints`, taints.length, TAINTS_MAX));
  taints.forEach((taint, index) => {
    errors.push(...validateDeviceTaint(taint, `${field}.taints[${index}]`));
  });
  return errors;
}

/** `model` or `example.com/model`. */
function validateQualifiedName(name: string, field: string): FieldError[] {
  const slash = name.indexOf("/");
  const [domain, identifier] = slash < 0 ? [undefined, name] : [name.slice(0, slash), name.slice(slash + 1)];
  const errors: FieldError[] = [];
  if (domain === "") errors.push(required(field, "the domain must not be empty"));
  else if (domain !== undefined) errors.push(...driverErrors(domain).map((why) => invalid(field, domain, why)));
  if (identifier === "") errors.push(required(field, "the name must not be empty"));
  else {
    if (identifier.length > 32) errors.push(tooLong(field, 32));
    errors.push(...cIdentifierErrors(identifier).map((why) => invalid(field, identifier, why)));
  }
  return errors;
}

const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-((0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(\+([0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*))?$/;

function validateAttribute(attribute: DeviceAttribute, field: string): FieldError[] {
  const set = Object.keys(attribute).filter((key) => attribute[key as keyof DeviceAttribute] !== undefined);
  if (set.length !== 1) {
    return set.length === 0
      ? [required(field, "exactly one value must be specified")]
      : [invalid(field, attribute, "exactly one value must be specified")];
  }
  const errors: FieldError[] = [];
  for (const key of ["string", "version"] as const) {
    if ((attribute[key] ?? "").length > VALUE_MAX) errors.push(tooLong(`${field}.${key}`, VALUE_MAX));
  }
  if (attribute.version !== undefined && !SEMVER.test(attribute.version)) {
    const message = "must be a string compatible with semver.org spec 2.0.0";
    errors.push(invalid(`${field}.version`, attribute.version, message));
  }
  return errors;
}
