import { duplicate, type FieldError, invalid, notSupported, required } from "./field-error.ts";
import { tryParseQuantity } from "./quantity.ts";

/** Small checks that many kinds share; each returns what is wrong. */

export const notFoundField = (field: string, value: unknown, detail = ""): FieldError => ({
  reason: "FieldValueNotFound",
  field,
  message: `Not found: ${JSON.stringify(value)}${detail === "" ? "" : `: ${detail}`}`,
});

export const typeInvalid = (field: string, value: unknown, detail: string): FieldError => ({
  reason: "FieldValueTypeInvalid",
  field,
  message: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
});

/** Each message as an invalid value of the field. */
export function invalids(field: string, value: unknown, messages: readonly string[]): FieldError[] {
  return messages.map((message) => invalid(field, value, message));
}

export function nonNegative(value: number | undefined, field: string): FieldError[] {
  return (value ?? 0) < 0 ? [invalid(field, value, "must be greater than or equal to 0")] : [];
}

/** Required and one of the given. */
export function oneOf(value: string | undefined, supported: readonly string[], field: string): FieldError[] {
  if (value === undefined || value === "") return [required(field)];
  return supported.includes(value) ? [] : [notSupported(field, value, [...supported].sort())];
}

/** One of the given, and nothing is none of them: of what upstream holds by a pointer, or in a list. */
export function oneOfWhenSet(value: string | undefined, supported: readonly string[], field: string): FieldError[] {
  if (value === undefined || supported.includes(value)) return [];
  return [notSupported(field, value, [...supported].sort())];
}

/** One of the given where it is set at all. */
export function optionalOneOf(value: string | undefined, supported: readonly string[], field: string): FieldError[] {
  return value === undefined || value === "" ? [] : oneOf(value, supported, field);
}

/** Required, and valid under a rule. */
export function named(value: string | undefined, rule: (value: string) => string[], field: string): FieldError[] {
  return value === undefined || value === "" ? [required(field)] : invalids(field, value, rule(value));
}

/** Valid under a rule where it is set at all. */
export function optionalNamed(
  value: string | undefined,
  rule: (value: string) => string[],
  field: string,
): FieldError[] {
  return value === undefined || value === "" ? [] : invalids(field, value, rule(value));
}

export function requiredText(value: string | undefined, field: string, detail = ""): FieldError[] {
  return value === undefined || value === "" ? [required(field, detail)] : [];
}

/** Required, and more than white space. */
export function notBlank(value: string | undefined, field: string, detail = ""): FieldError[] {
  return (value ?? "").trim() === "" ? [required(field, detail)] : [];
}

/** Remembers values, and tells of the second of two equal ones. */
export function uniqueness(): (value: string | undefined, field: string) => FieldError[] {
  const seen = new Set<string>();
  return (value, field) => {
    if (value === undefined || value === "") return [];
    if (seen.has(value)) return [duplicate(field, value)];
    seen.add(value);
    return [];
  };
}

/** A well-formed amount of at least nothing. */
export function nonNegativeQuantity(text: string | undefined, field: string): FieldError[] {
  const quantity = tryParseQuantity(text);
  if (quantity === undefined) return [malformedQuantity(field, text)];
  return quantity.nanos < 0n ? [invalid(field, text, "must be greater than or equal to 0")] : [];
}

export function malformedQuantity(field: string, text: unknown): FieldError {
  return invalid(
    field,
    text,
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  );
}
