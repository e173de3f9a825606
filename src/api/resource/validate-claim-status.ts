import { validateNodeSelector } from "../core/validate-affinity.ts";
import { invalids, named, requiredText, uniqueness } from "../field-checks.ts";
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
  tooMany,
} from "../field-error.ts";
import type {
  AllocationResult,
  DeviceRequestAllocationResult,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from "../generated/resource.k8s.io/v1.ts";
import { dnsLabelErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { equalJson } from "../patch/json-value.ts";
import { driverErrors, poolErrors } from "./resource-names.ts";
import {
  limited,
  requestNames,
  validateConfiguration,
  validateReference,
  validateReferences,
} from "./validate-claim.ts";
import { validateToleration } from "./validate-requests.ts";

const RESERVED_MAX = 256;
/** Those of the class and those of the claim. */
const CONFIGURATIONS_MAX = 64;
const SOURCES = ["FromClaim", "FromClass"];

/** What is wrong with who uses a claim, and what it got. */
export function validateClaimStatus(claim: ResourceClaim, old: ResourceClaim): FieldError[] {
  const { reservedFor = [], allocation } = claim.status ?? {};
  const field = "status.reservedFor";
  const errors = [...validateConsumers(reservedFor, field), ...validateDeviceStatuses(claim)];
  if (reservedFor.length > 0 && allocation === undefined) {
    errors.push(forbiddenField(field, "may not be specified when `allocated` is not set"));
  }
  const known = old.status?.reservedFor ?? [];
  const isAdded = reservedFor.some((each) => !known.some((before) => equalJson(before, each)));
  if (allocation !== undefined && claim.metadata?.deletionTimestamp !== undefined && isAdded) {
    const message = "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set";
    errors.push(forbiddenField(field, message));
  }
  if (allocation === undefined) return errors;
  if (old.status?.allocation !== undefined) {
    return [...errors, ...immutable(allocation, old.status.allocation, "status.allocation")];
  }
  return [...errors, ...validateAllocation(allocation, "status.allocation", requestNames(claim.spec?.devices))];
}

function validateConsumers(consumers: readonly ResourceClaimConsumerReference[], field: string): FieldError[] {
  if (consumers.length > RESERVED_MAX) return [tooMany(field, consumers.length, RESERVED_MAX)];
  const unique = uniqueness();
  return [
    ...consumers.flatMap(({ resource, name, uid }, index) => [
      ...requiredText(resource, `${field}[${index}].resource`),
      ...requiredText(name, `${field}[${index}].name`),
      ...requiredText(uid, `${field}[${index}].uid`),
    ]),
    ...consumers.flatMap(({ uid }, index) => unique(uid, `${field}[${index}]`)),
  ];
}

const idOf = ({ driver, pool, device, shareID }: { driver: string; pool: string; device: string; shareID?: string }) =>
  [driver, pool, device, ...(shareID === undefined ? [] : [shareID])].join("/");

/** Drivers speak of devices that the claim has, of each once. */
function validateDeviceStatuses({ status }: ResourceClaim): FieldError[] {
  const allocated = new Set((status?.allocation?.devices?.results ?? []).map(idOf));
  const seen = new Set<string>();
  return (status?.devices ?? []).flatMap((each, index) => {
    const at = `status.devices[${index}]`;
    const errors = [
      ...named(each.driver, driverErrors, `${at}.driver`),
      ...named(each.pool, poolErrors, `${at}.pool`),
      ...named(each.device, dnsLabelErrors, `${at}.device`),
    ];
    const id = idOf(each);
    if (!allocated.has(id)) errors.push(invalid(at, id, "must be an allocated device in the claim"));
    if (seen.has(id)) errors.push(duplicate(at, id));
    seen.add(id);
    return errors;
  });
}

function validateAllocation(allocation: AllocationResult, field: string, names: ReadonlySet<string>): FieldError[] {
  const { results = [], config = [] } = allocation.devices ?? {};
  const errors = limited(results, `${field}.devices.results`, (each, at) => validateResult(each, at, names));
  const path = `${field}.devices.config`;
  if (config.length > CONFIGURATIONS_MAX) errors.push(tooMany(path, config.length, CONFIGURATIONS_MAX));
  else {
    config.forEach((each, index) => {
      const at = `${path}[${index}]`;
      if (!each.source) errors.push(required(`${at}.source`));
      else if (!SOURCES.includes(each.source)) errors.push(notSupported(`${at}.source`, each.source, SOURCES));
      errors.push(...validateReferences(each.requests, `${at}.requests`, names), ...validateConfiguration(each, at));
    });
  }
  if (allocation.nodeSelector === undefined) return errors;
  return [...errors, ...validateNodeSelector(allocation.nodeSelector, `${field}.nodeSelector`)];
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function validateResult(
  result: DeviceRequestAllocationResult,
  field: string,
  names: ReadonlySet<string>,
): FieldError[] {
  const { request = "", driver, pool, device = "", tolerations = [], shareID } = result;
  const errors = [
    ...validateReference(request, `${field}.request`, names),
    ...named(driver, driverErrors, `${field}.driver`),
    ...named(pool, poolErrors, `${field}.pool`),
    ...invalids(`${field}.device`, device, dnsLabelErrors(device)),
    ...tolerations.flatMap((each, index) => validateToleration(each, `${field}.tolerations[${index}]`)),
  ];
  if (shareID === undefined || UUID.test(shareID)) return errors;
  const message =
    "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters";
  return [...errors, invalid(`${field}.shareID`, shareID, message)];
}
