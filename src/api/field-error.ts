import { shownInGo } from "./go-text.ts";
import { failure, type StatusError } from "./status.ts";

/** One thing wrong with one field; reasons and texts are those of apimachinery's field.Error. */
export interface FieldError {
  readonly reason:
    | "FieldValueRequired"
    | "FieldValueInvalid"
    | "FieldValueNotSupported"
    | "FieldValueForbidden"
    | "FieldValueDuplicate"
    | "FieldValueTooLong"
    | "FieldValueTooMany"
    | "FieldValueNotFound"
    | "FieldValueTypeInvalid"
    | "InternalError";
  /** JSON path from the object's root, e.g. `spec.containers[0].name`. */
  readonly field: string;
  /** Without the field's name in front. */
  readonly message: string;
}

export const required = (field: string, detail = ""): FieldError => ({
  reason: "FieldValueRequired",
  field,
  message: detail === "" ? "Required value" : `Required value: ${detail}`,
});

export const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  reason: "FieldValueInvalid",
  field,
  message: `Invalid value: ${shownInGo(value)}: ${detail}`,
});

/** Where upstream leaves out what was given (field.OmitValueType). */
export const invalidWithoutValue = (field: string, detail: string): FieldError => ({
  reason: "FieldValueInvalid",
  field,
  message: `Invalid value: ${detail}`,
});

export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  reason: "FieldValueNotSupported",
  field,
  message: `Unsupported value: ${shownInGo(value)}: supported values: ${supported.map((each) => `"${each}"`).join(", ")}`,
});

export const forbiddenField = (field: string, detail: string): FieldError => ({
  reason: "FieldValueForbidden",
  field,
  message: `Forbidden: ${detail}`,
});

export const duplicate = (field: string, value: unknown): FieldError => ({
  reason: "FieldValueDuplicate",
  field,
  message: `Duplicate value: ${shownInGo(value)}`,
});

export const tooLong = (field: string, maxBytes: number): FieldError => ({
  reason: "FieldValueTooLong",
  field,
  message: `Too long: may not be more than ${maxBytes} bytes`,
});

export const tooMany = (field: string, count: number, max: number): FieldError => ({
  reason: "FieldValueTooMany",
  field,
  message: `Too many: ${count}: must have at most ${max} items`,
});

/** The 422 that carries the errors: `Deployment.apps "web" is invalid: spec.replicas: Invalid value: …`. */
export function invalidObject(
  of: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const kind = of.group === "" ? of.kind : `${of.kind}.${of.group}`;
  // What is wrong twice in the same way is told once, and counted twice.
  const lines = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))];
  const summary = lines.length === 1 ? lines[0]! : `[${lines.join(", ")}]`;
  return failure(422, "Invalid", `${kind} "${name}" is invalid: ${summary}`, {
    ...(name === "" ? {} : { name }),
    ...(of.group === "" ? {} : { group: of.group }),
    ...(of.kind === "" ? {} : { kind: of.kind }),
    causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}
