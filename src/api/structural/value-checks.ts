import { typeInvalid } from "../field-checks.ts";
import { type FieldError, invalid, notSupported } from "../field-error.ts";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { goNumber } from "../json-path/go-number.ts";
import { equalJson } from "../patch/json-value.ts";
import { isSupportedFormat, stringFormat } from "./formats.ts";
import { numberRange } from "./number-range.ts";
import { type Check, fieldOf, type Node, type Run } from "./validation-run.ts";

/** Checks of a value by itself, with the texts of kube-openapi. */

export type JsonType = "null" | "boolean" | "string" | "integer" | "number" | "array" | "object";

function jsonTypeOf(value: unknown): JsonType {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "bigint") return "integer";
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? "integer" : "number";
  return typeof value as JsonType;
}

/** The value's JSON type is one that the schema allows. Numbers without a fraction are integers and numbers. */
export function typeCheck(source: JSONSchemaProps): Check | undefined {
  const types = typesOf(source);
  const format = source.format !== undefined && isSupportedFormat(source.type, source.format) ? source.format : "";
  if (types.length === 0 && format === "") return undefined;
  const expected = types.join(",");
  const takesNumbers = types.includes("number") || types.includes("integer");
  return (node, run) => {
    const type = jsonTypeOf(node.value);
    if (types.includes(type) || (type === "integer" && types.includes("number"))) run.matches++;
    else if (type === "null") {
      if (types.length === 0 || source.nullable === true) run.matches++;
      else run.errors.push(wrongType(node, expected, "null"));
    } else if (format !== "" && (type === "string" || type === "array") && !takesNumbers) run.matches++;
    else if (format !== "" && type !== "string" && type !== "array") {
      run.errors.push(wrongType(node, format, goFormatOf(type)));
    } else run.errors.push(wrongType(node, expected, type));
  };
}

function typesOf(source: JSONSchemaProps): readonly string[] {
  if (source["x-kubernetes-int-or-string"] === true) return ["integer", "string"];
  return source.type ? [source.type] : [];
}

function goFormatOf(type: JsonType): string {
  if (type === "integer") return "int64";
  return type === "number" ? "float64" : "";
}

/** `spec.x in body must be of type integer: "string"` */
function wrongType(node: Node, expected: string, data: string): FieldError {
  return typeInvalid(
    fieldOf(node.path),
    data,
    `${node.path} in body must be of type ${expected}: ${JSON.stringify(data)}`,
  );
}

export function enumCheck(source: JSONSchemaProps): Check | undefined {
  const values = source.enum;
  if (values === undefined || values.length === 0) return undefined;
  const shown = values.map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
  return (node, run) => {
    if (node.value === null || !values.some((value) => equalJson(value, node.value))) {
      run.errors.push(notSupported(fieldOf(node.path), node.value, shown));
    }
  };
}

export function formatCheck(source: JSONSchemaProps): Check | undefined {
  const { format } = source;
  const isValid = format === undefined ? undefined : stringFormat(source.type, format);
  if (isValid === undefined) return undefined;
  return (node, run) => {
    if (!isValid(node.value as string)) run.errors.push(wrongType(node, format!, node.value as string));
    run.matches++;
  };
}

/** Length and pattern: the first that fails. */
export function stringCheck(
  source: JSONSchemaProps,
  pattern: (expression: string) => (text: string) => boolean,
): Check | undefined {
  const { maxLength, minLength } = source;
  const isMatch = source.pattern ? pattern(source.pattern) : undefined;
  if (maxLength === undefined && minLength === undefined && isMatch === undefined) return undefined;
  return (node, run) => {
    const error = stringError(node, { maxLength, minLength, isMatch, expression: source.pattern });
    if (error !== undefined) run.errors.push(error);
  };
}

interface StringBounds {
  readonly maxLength: number | undefined;
  readonly minLength: number | undefined;
  readonly isMatch: ((text: string) => boolean) | undefined;
  readonly expression: string | undefined;
}

function stringError({ value, path }: Node, bounds: StringBounds): FieldError | undefined {
  const text = value as string;
  const field = fieldOf(path);
  if (bounds.maxLength !== undefined && text.length > bounds.maxLength && lengthOf(text) > bounds.maxLength) {
    const unit = bounds.maxLength === 1 ? "byte" : "bytes";
    return {
      reason: "FieldValueTooLong",
      field,
      message: `Too long: may not be more than ${bounds.maxLength} ${unit}`,
    };
  }
  if (bounds.minLength !== undefined && lengthOf(text) < bounds.minLength) {
    return invalid(field, text, `${path} in body should be at least ${bounds.minLength} chars long`);
  }
  if (bounds.isMatch !== undefined && !bounds.isMatch(text)) {
    return invalid(field, text, `${path} in body should match '${bounds.expression}'`);
  }
  return undefined;
}

/** Characters, not UTF-16 units. */
function lengthOf(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length - 1; index++) {
    if ((text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) length--;
  }
  return length;
}

export function numberCheck(source: JSONSchemaProps): Check | undefined {
  const { multipleOf, minimum, maximum } = source;
  const range = numberRange(source);
  if (range === undefined && multipleOf === undefined && minimum === undefined && maximum === undefined)
    return undefined;
  const misfits = (limit: number | undefined): boolean => limit !== undefined && range?.fits(limit) === false;
  return (node, run) => {
    const value = Number(node.value);
    const exceeds = (what: string): void =>
      void run.errors.push(invalid("<nil>", "", `${what} value must be of ${range!.name} in ${node.path}`));
    if (range?.fits(node.value as number | bigint) === false) exceeds("Checked");
    if (misfits(multipleOf)) exceeds("MultipleOf");
    if (misfits(minimum)) exceeds("Minimum boundary");
    if (misfits(maximum)) exceeds("Maximum boundary");
    const fails = (text: string): void =>
      void run.errors.push(invalid(fieldOf(node.path), node.value, `${node.path} in body should be ${text}`));
    const shown = (limit: number): string => goNumber(limit, !Number.isInteger(value) || !Number.isInteger(limit));
    // Integers compare as integers: upstream cuts the bound's fraction off.
    const bound = (limit: number): number => (Number.isInteger(value) && !misfits(limit) ? Math.trunc(limit) : limit);
    const factor = multipleOf === undefined ? undefined : bound(multipleOf);
    if (factor !== undefined && factor <= 0) {
      const text = `factor MultipleOf declared for ${node.path} must be positive: ${factor}`;
      run.errors.push(invalid(fieldOf(node.path), factor, text));
    } else if (factor !== undefined && !isMultiple(value, factor)) fails(`a multiple of ${shown(factor)}`);
    if (minimum !== undefined) {
      const least = bound(minimum);
      if (source.exclusiveMinimum ? value <= least : value < least) {
        fails(`greater than ${source.exclusiveMinimum ? "" : "or equal to "}${shown(least)}`);
      }
    }
    if (maximum !== undefined) {
      const most = bound(maximum);
      if (source.exclusiveMaximum ? value >= most : value > most) {
        fails(`less than ${source.exclusiveMaximum ? "" : "or equal to "}${shown(most)}`);
      }
    }
    run.matches++;
  };
}

function isMultiple(value: number, factor: number): boolean {
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  const rounded = Math.round(quotient);
  return Math.abs(quotient - rounded) <= Math.max(Math.abs(quotient) * 1e-9, Number.EPSILON);
}

/** Puts several checks into one; undefined when there are none. */
export function all(checks: readonly (Check | undefined)[]): Check | undefined {
  const found = checks.filter((check) => check !== undefined);
  if (found.length <= 1) return found[0];
  return (node: Node, run: Run) => {
    for (const check of found) check(node, run);
  };
}
