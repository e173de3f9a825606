import { formatTime } from "../base/clock.ts";
import { formatQuantity, parseQuantity, QuantityError } from "./quantity.ts";
import type { Field, SpecialType } from "./schema.ts";

/** A JSON value does not have the type that its field has; the message is what encoding/json of Go would say. */
export class TypeMismatchError extends Error {
  override name = "TypeMismatchError";
  /** What Go says of it where the value is not of a text of JSON but of a patched map. */
  readonly whyNotRestored: string | undefined;

  constructor(message: string, whyNotRestored?: string) {
    super(message);
    this.whyNotRestored = whyNotRestored;
  }
}

/** Where a value stands: the Go struct that holds its field, and the field's path without indexes. */
export interface Place {
  readonly struct: string;
  readonly path: string;
}

const MAX_SAFE = Number.MAX_SAFE_INTEGER;

const GO_TYPES: Readonly<Record<string, string>> = {
  string: "string",
  boolean: "bool",
  bytes: "[]uint8",
  number: "float64",
};

/** Checks a scalar. @throws TypeMismatchError */
export function checkedScalar(value: unknown, field: Field, place: Place): unknown {
  switch (field.type) {
    case "integer":
      return checkedInteger(value, field.format === "int64" ? "int64" : "int32", place);
    case "number":
      return checkedNumber(value, place);
    case "bytes":
      if (typeof value !== "string") throw mismatch(value, "[]uint8", place);
      return checkedBase64(value);
    default:
      if (typeof value !== field.type) throw mismatch(value, GO_TYPES[field.type ?? ""] ?? "interface {}", place);
      return value;
  }
}

function checkedNumber(value: unknown, place: Place): number {
  if (typeof value !== "number" && typeof value !== "bigint") throw mismatch(value, "float64", place);
  return Number(value);
}

/** Structs whose integers may be any of 64 bits; elsewhere they are counted with, and must be exact as numbers. */
const EXACT_STRUCTS = ["DeviceAttribute"];

function checkedInteger(value: unknown, goType: "int32" | "int64", place: Place): unknown {
  if (typeof value === "bigint" && goType === "int64") {
    if (EXACT_STRUCTS.includes(place.struct)) return value;
    const { message } = mismatch(value, goType, place);
    throw new TypeMismatchError(`${message}: the largest integer that this server takes here is ${MAX_SAFE}`);
  }
  const limit = goType === "int32" ? 2 ** 31 : 2 ** 63;
  if (typeof value !== "number" || !Number.isInteger(value) || value < -limit || value >= limit) {
    throw mismatch(value, goType, place);
  }
  return value;
}

function checkedBase64(value: string): string {
  const text = value.replaceAll(/[\r\n]/g, "");
  const bad =
    /[^A-Za-z0-9+/=]/.exec(text)?.index ?? (/^[^=]*={0,2}$/.test(text) && text.length % 4 === 0 ? -1 : text.length);
  if (bad >= 0) throw new TypeMismatchError(`illegal base64 data at input byte ${bad}`);
  return text;
}

/** Checks and spells a value of a special type. @throws TypeMismatchError */
export function checkedSpecial(value: unknown, special: SpecialType, place: Place): unknown {
  switch (special) {
    case "quantity":
      return checkedQuantity(value);
    case "intOrString":
      if (typeof value === "string") return value;
      return checkedInteger(value, "int32", place);
    case "time":
    case "microTime":
      return checkedTime(value, special, place);
    case "extraValue":
    case "verbs":
      if (!Array.isArray(value) || value.some((each) => typeof each !== "string"))
        throw mismatch(value, "[]string", place);
      return value;
    default:
      return value;
  }
}

function checkedQuantity(value: unknown): string {
  if (typeof value === "bigint") return checkedQuantity(String(value));
  if (typeof value !== "string" && typeof value !== "number") throw new TypeMismatchError(QUANTITY);
  try {
    return formatQuantity(parseQuantity(value));
  } catch (error) {
    if (error instanceof QuantityError) throw new TypeMismatchError(error.message);
    throw error;
  }
}

const QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.(\d+))?(?:Z|[+-]\d{2}:\d{2})$/;

function checkedTime(value: unknown, special: "time" | "microTime", place: Place): string {
  if (typeof value !== "string") throw mismatch(value, special === "time" ? "v1.Time" : "v1.MicroTime", place);
  const match = RFC_3339.exec(value);
  const epochMs = Date.parse(value);
  if (match === null || Number.isNaN(epochMs)) {
    throw new TypeMismatchError(
      `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05${special === "time" ? "" : ".000000"}Z07:00": cannot parse ${JSON.stringify(value)} as "2006"`,
    );
  }
  const whole = formatTime(Math.floor(epochMs / 1000) * 1000);
  return special === "time" ? whole : `${whole.slice(0, -1)}.${(match[1] ?? "").padEnd(6, "0").slice(0, 6)}Z`;
}

/** What Go says of a value of the wrong type. */
export function mismatch(value: unknown, goType: string, place: Place): TypeMismatchError {
  return new TypeMismatchError(
    `json: cannot unmarshal ${jsonKind(value, goType)} into Go struct field ${place.struct}.${place.path} of type ${goType}`,
    whyNotRestored(value, goType),
  );
}

function whyNotRestored(value: unknown, goType: string): string | undefined {
  const found = restoredKind(value);
  if (goType.startsWith("map[")) return `cannot restore map from ${found}`;
  if (goType.startsWith("[]")) return `cannot restore slice from ${found}`;
  // Times are read by code of their own.
  if (goType.includes(".")) return goType.endsWith("Time") ? undefined : `cannot restore struct from: ${found}`;
  const isConverted = (found === "int64" && goType === "string") || (found === "float64" && goType.startsWith("int"));
  return isConverted ? `cannot convert ${found} to ${goType}` : `unrecognized type: ${goType}`;
}

function restoredKind(value: unknown): string {
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  if (typeof value === "bigint") return "int64";
  if (typeof value === "string") return "string";
  return Array.isArray(value) ? "slice" : "map";
}

/** Go names the number where it does not fit a type of numbers. */
function jsonKind(value: unknown, goType: string): string {
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
    case "number":
      return /^(int|float)/.test(goType) ? `number ${value}` : "number";
    case "string":
      return "string";
    default:
      return "object";
  }
}
