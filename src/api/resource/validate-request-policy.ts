import { duplicate, type FieldError, forbiddenField, invalid, required, tooMany } from "../field-error.ts";
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from "../generated/resource.k8s.io/v1.ts";
import { compareQuantities, formatQuantity, parseQuantity, type Quantity, tryParseQuantity } from "../quantity.ts";

const OPTIONS_MAX = 10;
const NANOS = 1_000_000_000n;

const amount = (text: string): Quantity => tryParseQuantity(text) ?? parseQuantity("0");
const isMore = (one: string, other: string): boolean => compareQuantities(amount(one), amount(other)) > 0;

/** Parts of a unit count as one. */
function wholeUnits(text: string): bigint {
  const { nanos } = amount(text);
  return nanos > 0n ? (nanos + NANOS - 1n) / NANOS : nanos / NANOS;
}

/** What is wrong with how much of a capacity may be asked for at once. @param capacity all that there is */
export function validateRequestPolicy(capacity: string, policy: CapacityRequestPolicy, field: string): FieldError[] {
  const { validValues = [], validRange, default: preset } = policy;
  if (validValues.length > 0 && validRange !== undefined) {
    const message =
      'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time';
    return [forbiddenField(field, message)];
  }
  if (validValues.length > 0) {
    if (!preset) return [required(`${field}.default`, "required when validValues is defined")];
    return validateValues(validValues, { preset, capacity }, `${field}.validValues`);
  }
  if (validRange === undefined) return [];
  if (!preset) return [required(`${field}.default`, "required when validRange is defined")];
  return validateRange(validRange, { preset, capacity }, `${field}.validRange`);
}

interface Asked {
  readonly preset: string;
  readonly capacity: string;
}

function validateValues(values: readonly string[], { preset, capacity }: Asked, field: string): FieldError[] {
  const errors: FieldError[] = [];
  values.forEach((value, index) => {
    if (index > 0 && isMore(values[index - 1]!, value)) {
      errors.push(invalid(`${field}[${index}]`, value, "values must be sorted in ascending order"));
    }
  });
  if (values.length > OPTIONS_MAX) errors.push(tooMany(field, values.length, OPTIONS_MAX));
  else {
    values.forEach((value, index) => {
      if (!isMore(value, capacity)) return;
      errors.push(invalid(`${field}[${index}]`, value, `option is larger than capacity value: ${capacity}`));
    });
    values.forEach((value, index) => {
      const units = wholeUnits(value);
      if (values.findIndex((each) => wholeUnits(each) === units) < index) {
        errors.push(duplicate(`${field}[${index}]`, String(units)));
      }
    });
  }
  const isKnown = values.length <= OPTIONS_MAX && values.some((value) => amount(value).nanos === amount(preset).nanos);
  if (!isKnown) errors.push(invalid(field, preset, "default value is not valid according to the requestPolicy"));
  return errors;
}

function validateRange({ min, max, step }: CapacityRequestPolicyRange, asked: Asked, field: string): FieldError[] {
  const { preset, capacity } = asked;
  if (min === undefined) return [required(`${field}.min`, "required when validRange is defined")];
  const errors: FieldError[] = [];
  const tell = (key: string, value: string, message: string): void =>
    void errors.push(invalid(`${field}.${key}`, value, message));
  if (isMore(min, capacity)) tell("min", min, `min is larger than capacity value: ${capacity}`);
  if (isMore(min, preset)) tell("default", preset, `default is less than min: ${min}`);
  if (max !== undefined) {
    if (isMore(min, max)) tell("max", min, `min is larger than max: ${max}`);
    if (isMore(max, capacity)) tell("max", max, `max is larger than capacity value: ${capacity}`);
    if (isMore(preset, max)) tell("default", preset, `default is more than max: ${max}`);
  }
  if (step === undefined) return errors;
  if (!isMore(step, "0")) {
    tell("step", step, "must be greater than zero");
    return errors;
  }
  const { nanos, format } = amount(min);
  const added = formatQuantity({ nanos: nanos + amount(step).nanos, format });
  if (isMore(added, capacity)) tell("step", step, `one step ${added} is larger than capacity value: ${capacity}`);
  for (const value of [preset, ...(max === undefined ? [] : [max])]) {
    if ((wholeUnits(value) - wholeUnits(min)) % wholeUnits(step) === 0n) continue;
    tell("step", value, `value is not a multiple of a given step (${step}) from (${min})`);
  }
  return errors;
}
