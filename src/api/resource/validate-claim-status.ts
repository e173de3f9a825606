import { validateNodeSelector } from "../core/validate-affinity.ts";
import { invalids, requiredText, uniqueness } from "../field-checks.ts";
import { type FieldError, forbiddenField, notSupported, required, tooMany } from "../field-error.ts";
import type {
  AllocationResult,
  DeviceRequestAllocationResult,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from "../generated/resource.k8s.io/v1.ts";
import { immutable } from "../object-meta.ts";
import { equalJson } from "../patch/json-value.ts";
import { validateBindingConditions } from "./binding-conditions.ts";
import { shareErrors, validateDriver, validateLabelName, validatePool } from "./resource-names.ts";
import {
  limited,
  requestNames,
  validateConfiguration,
  validateReference,
  validateReferences,
} from "./validate-claim.ts";
import { validateDeviceStatuses } from "./validate-device-status.ts";
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

function validateResult(
  result: DeviceRequestAllocationResult,
  field: string,
  names: ReadonlySet<string>,
): FieldError[] {
  const { request = "", driver, pool, device, tolerations = [], shareID } = result;
  return [
    ...validateReference(request, `${field}.request`, names),
    ...validateDriver(driver, `${field}.driver`),
    ...validatePool(pool, `${field}.pool`),
    ...validateLabelName(device, `${field}.device`),
    ...tolerations.flatMap((each, index) => validateToleration(each, `${field}.tolerations[${index}]`)),
    ...validateBindingConditions(result, field),
    ...invalids(`${field}.shareID`, shareID, shareErrors(shareID)),
  ];
}
