import { type FieldError, invalid } from "../field-error.ts";
import { getAtPath, parseSimplePath } from "../json-path/simple-path.ts";
import type { Rules } from "./rules.ts";
import type { ObjectValidator } from "./validate.ts";

export interface CustomResourceChecks {
  readonly validator: ObjectValidator;
  readonly rules?: Rules | undefined;
  /** Where numbers of replicas stand. */
  readonly replicaPaths?: readonly string[];
  /** Hears what is wrong, but was so before: for `Warning` headers. */
  warn?(message: string): void;
}

const BLOCKING: ReadonlySet<FieldError["reason"]> = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

const INT32_MAX = 2 ** 31 - 1;

/** What is wrong with a custom resource, or a change of it, apart from the rules that hold for all objects' metadata. */
export function validateCustomResource(checks: CustomResourceChecks, object: unknown, old?: unknown): FieldError[] {
  const { validator, rules, replicaPaths = [], warn } = checks;
  const errors = validator(object, old);
  errors.push(...replicaErrors(replicaPaths, object));
  if (rules === undefined) return errors;
  // Rules may rely on what the schema says: with objects that it refuses they would only add noise.
  if (errors.some(({ reason }) => BLOCKING.has(reason))) {
    const detail =
      "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
    return [...errors, invalid("<nil>", null, detail)];
  }
  const found = rules.validate(object, old);
  for (const { field, message } of found.warnings) warn?.(`${field}: ${message}`);
  return [...errors, ...found.errors];
}

/** Numbers of replicas that the scale subresource could not show. */
function replicaErrors(paths: readonly string[], object: unknown): FieldError[] {
  const errors: FieldError[] = [];
  for (const text of paths) {
    const replicas = getAtPath(object, parseSimplePath(text));
    if (replicas === undefined) continue;
    if (typeof replicas !== "bigint" && !Number.isInteger(replicas)) {
      errors.push(
        invalid(
          text,
          replicas,
          `${text} accessor error: ${JSON.stringify(replicas)} is of the type ${goType(replicas)}, expected int64`,
        ),
      );
    } else if ((replicas as number) < 0) errors.push(invalid(text, replicas, "should be a non-negative integer"));
    else if ((replicas as number) > INT32_MAX) {
      errors.push(invalid(text, replicas, `should be less than or equal to ${INT32_MAX}`));
    }
  }
  return errors;
}

function goType(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "object") return "map[string]interface {}";
  return { string: "string", boolean: "bool", number: "float64" }[typeof value as string] ?? typeof value;
}
