import { validateNodeSelector } from "../core/validate-affinity.ts";
import { invalids, named, uniqueness } from "../field-checks.ts";
import { type FieldError, invalid, required, tooMany } from "../field-error.ts";
import type { CounterSet, ResourcePool, ResourceSliceSpec } from "../generated/resource.k8s.io/v1.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "../names.ts";
import { validateCounters } from "./counters.ts";
import { validateDriver, validatePool } from "./resource-names.ts";
import { validateDevice } from "./validate-device.ts";

const DEVICES_MAX = 128;
const COUNTING_DEVICES_MAX = 64;
const COUNTER_SETS_MAX = 8;

/** What is wrong with a slice of the devices that a driver describes. @param old parts that are as they were may stay */
export function validateSliceSpec(
  spec: ResourceSliceSpec | undefined,
  field: string,
  old?: ResourceSliceSpec,
): FieldError[] {
  const errors = [
    ...validateDriver(spec?.driver, `${field}.driver`),
    ...validateSlicePool(spec?.pool, `${field}.pool`),
    ...validatePlace(spec, field),
  ];
  if (spec?.sharedCounters !== undefined && spec.devices !== undefined) {
    errors.push(invalid(field, "", "only one of `sharedCounters` or `devices` is allowed"));
  }
  const { devices = [], sharedCounters = [], perDeviceNodeSelection = false } = spec ?? {};
  const counts = devices.some(({ taints = [], consumesCounters = [] }) => taints.length + consumesCounters.length > 0);
  const max = counts ? COUNTING_DEVICES_MAX : DEVICES_MAX;
  if (devices.length > max) errors.push(tooMany(`${field}.devices`, devices.length, max));
  else {
    const known = new Map((old?.devices ?? []).map((device) => [device.name, device]));
    devices.forEach((device, index) => {
      const at = `${field}.devices[${index}]`;
      errors.push(...validateDevice(device, at, { old: known.get(device.name), perDeviceNodeSelection }));
    });
    const unique = uniqueness();
    errors.push(...devices.flatMap(({ name }, index) => unique(name, `${field}.devices[${index}]`)));
  }
  const path = `${field}.sharedCounters`;
  if (sharedCounters.length > COUNTER_SETS_MAX) {
    return [...errors, tooMany(path, sharedCounters.length, COUNTER_SETS_MAX)];
  }
  const unique = uniqueness();
  return [
    ...errors,
    ...sharedCounters.flatMap((set, index) => validateCounterSet(set, `${path}[${index}]`)),
    ...sharedCounters.flatMap(({ name }, index) => unique(name, `${path}[${index}]`)),
  ];
}

function validateSlicePool(pool: ResourcePool | undefined, field: string): FieldError[] {
  const { generation = 0, resourceSliceCount = 0 } = pool ?? {};
  const errors = validatePool(pool?.name, `${field}.name`);
  if (resourceSliceCount <= 0) {
    errors.push(invalid(`${field}.resourceSliceCount`, resourceSliceCount, "must be greater than zero"));
  }
  if (generation < 0) {
    errors.push(invalid(`${field}.generation`, generation, "must be greater than or equal to zero"));
  }
  return errors;
}

const PLACES = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";

function validatePlace(spec: ResourceSliceSpec | undefined, field: string): FieldError[] {
  const { nodeName, nodeSelector, allNodes, perDeviceNodeSelection } = spec ?? {};
  const errors: FieldError[] = [];
  const set: string[] = [];
  if (nodeName === "") {
    errors.push(invalid(`${field}.nodeName`, nodeName, "must be either unset or set to a non-empty string"));
  } else if (nodeName !== undefined) {
    set.push("`nodeName`");
    errors.push(...invalids(`${field}.nodeName`, nodeName, dnsSubdomainErrors(nodeName)));
  }
  if (nodeSelector !== undefined) {
    set.push("`nodeSelector`");
    errors.push(...validateNodeSelector(nodeSelector, `${field}.nodeSelector`));
    const terms = nodeSelector.nodeSelectorTerms;
    if (terms?.length !== 1) {
      const path = `${field}.nodeSelector.nodeSelectorTerms`;
      errors.push(invalid(path, terms, "must have exactly one node selector term"));
    }
  }
  for (const [key, value] of Object.entries({ allNodes, perDeviceNodeSelection })) {
    if (value === true) set.push(`\`${key}\``);
    if (value === false) errors.push(invalid(`${field}.${key}`, value, "must be either unset or set to true"));
  }
  if (set.length === 0) errors.push(required(field, PLACES));
  if (set.length > 1) {
    errors.push(invalid(field, `{${set.join(", ")}}`, `${PLACES}, but multiple fields are set`));
  }
  return errors;
}

function validateCounterSet({ name, counters = {} }: CounterSet, field: string): FieldError[] {
  return [...named(name, dnsLabelErrors, `${field}.name`), ...validateCounters(counters, `${field}.counters`)];
}
