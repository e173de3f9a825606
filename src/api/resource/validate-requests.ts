import { invalids, named, uniqueness } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required, tooLong, tooMany } from "../field-error.ts";
import type {
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
} from "../generated/resource.k8s.io/v1.ts";
import { dnsSubdomainErrors, labelValueErrors, qualifiedNameErrors } from "../names.ts";
import { validateLabelName } from "./resource-names.ts";

const ALTERNATIVES_MAX = 8;
const SELECTORS_MAX = 32;
export const EXPRESSION_BYTES_MAX = 10 * 1024;
const ONE_OF = "exactly one of `exactly` or `firstAvailable` is required";
const MODES = ["All", "ExactCount"];
const EFFECTS = ["NoExecute", "NoSchedule", "None"];

/** What is wrong with one of the requests of a claim. */
export function validateRequest(request: DeviceRequest, field: string): FieldError[] {
  const { exactly, firstAvailable = [] } = request;
  const errors = validateLabelName(request.name, `${field}.name`);
  if (exactly !== undefined && firstAvailable.length > 0) {
    return [...errors, invalid(field, null, `${ONE_OF}, but multiple fields are set`)];
  }
  if (exactly !== undefined) return [...errors, ...validateExact(exactly, `${field}.exactly`)];
  if (firstAvailable.length === 0) return [...errors, required(field, ONE_OF)];
  const path = `${field}.firstAvailable`;
  if (firstAvailable.length > ALTERNATIVES_MAX) {
    return [...errors, tooMany(path, firstAvailable.length, ALTERNATIVES_MAX)];
  }
  firstAvailable.forEach((sub, index) => {
    const at = `${path}[${index}]`;
    errors.push(...validateLabelName(sub.name, `${at}.name`), ...validateExact(sub, at));
  });
  const unique = uniqueness();
  return [...errors, ...firstAvailable.flatMap(({ name }, index) => unique(name, `${path}[${index}]`))];
}

function validateExact(request: ExactDeviceRequest | DeviceSubRequest, field: string): FieldError[] {
  const { deviceClassName, selectors, allocationMode = "", count = 0, tolerations = [] } = request;
  const errors = [
    ...named(deviceClassName, dnsSubdomainErrors, `${field}.deviceClassName`),
    ...validateSelectors(selectors, `${field}.selectors`),
  ];
  if (allocationMode === "All" && count !== 0) {
    errors.push(invalid(`${field}.count`, count, "must not be specified when allocationMode is 'All'"));
  }
  if (allocationMode === "ExactCount" && count <= 0) {
    errors.push(invalid(`${field}.count`, count, "must be greater than zero"));
  }
  if (!MODES.includes(allocationMode)) errors.push(notSupported(`${field}.allocationMode`, allocationMode, MODES));
  tolerations.forEach((toleration, index) => {
    errors.push(...validateToleration(toleration, `${field}.tolerations[${index}]`));
  });
  return errors;
}

/**
 * What is wrong with selectors of devices, but for what their programs say.
 *
 * @param isStored they were there before there were limits
 */
export function validateSelectors(
  selectors: readonly DeviceSelector[] = [],
  field: string,
  isStored = false,
): FieldError[] {
  if (selectors.length > SELECTORS_MAX) return [tooMany(field, selectors.length, SELECTORS_MAX)];
  return selectors.flatMap(({ cel }, index) => {
    const at = `${field}[${index}].cel`;
    if (cel === undefined) return [required(at)];
    const isLong = !isStored && Buffer.byteLength(cel.expression ?? "") > EXPRESSION_BYTES_MAX;
    return isLong ? [tooLong(`${at}.expression`, EXPRESSION_BYTES_MAX)] : [];
  });
}

/** What is wrong with what a request bears of devices. */
export function validateToleration(
  { key, operator, value = "", effect }: DeviceToleration,
  field: string,
): FieldError[] {
  const errors = key ? invalids(`${field}.key`, key, qualifiedNameErrors(key)) : [];
  switch (operator) {
    case "Exists":
      if (value) errors.push(invalid(`${field}.value`, value, "must be empty for operator `Exists`"));
      break;
    case "Equal":
      errors.push(...invalids(`${field}.value`, value, labelValueErrors(value)));
      break;
    case "":
    case undefined:
      errors.push(required(`${field}.operator`, "operator is required"));
      break;
    default:
      errors.push(notSupported(`${field}.operator`, operator, ["Equal", "Exists"]));
  }
  if (effect && !EFFECTS.includes(effect)) errors.push(notSupported(`${field}.effect`, effect, EFFECTS));
  return errors;
}
