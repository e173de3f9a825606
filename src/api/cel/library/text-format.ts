import { failure } from "../evaluate/failure.ts";
import { typeNameOf } from "../evaluate/runtime-type.ts";
import { formatDuration, formatTimestamp } from "../evaluate/time.ts";
import type { Value } from "../evaluate/values.ts";
import { CelList, CelMap, Duration, Timestamp, TypeValue, Uint } from "../evaluate/values.ts";
import { spendWork } from "../evaluate/work.ts";
import { formatDouble } from "./conversions.ts";

const largestPrecision = 1000;

/** `"%s is %d".format([…])`. @throws CelEvaluationError */
export function formatText(text: string, list: CelList): string {
  let used = 0;
  const result = text.replace(
    /%(?:%|(\.\d*)?([a-zA-Z])?)/g,
    (clause, precision: string | undefined, letter: string | undefined) => {
      if (clause === "%%") return "%";
      if (letter === undefined) throw failure("could not parse formatting clause: unexpected end of string");
      if (used >= list.size) throw failure(`index ${used} out of range`);
      const digits = precision === undefined ? undefined : Number(precision.slice(1) || "0");
      if (digits !== undefined && digits > largestPrecision)
        throw failure(`precision ${digits} exceeds maximum allowed precision ${largestPrecision}`);
      return formatClause(letter, list.at(used++), digits);
    },
  );
  if (used < list.size)
    throw failure(`too many arguments supplied to string.format (expected ${used}, got ${list.size})`);
  return result;
}

function formatClause(letter: string, value: Value, precision: number | undefined): string {
  switch (letter) {
    case "s":
      return plainText(value);
    case "d":
      return typeof value === "number" ? special(value, "integer") : String(integer(value, "integer"));
    case "f":
      return fixed(value, precision ?? 6);
    case "e":
      return scientific(value, precision ?? 6);
    case "b":
      return typeof value === "boolean" ? (value ? "1" : "0") : radix(value, 2, "binary");
    case "o":
      return radix(value, 8, "octal");
    case "x":
      return hexadecimal(value);
    case "X":
      return hexadecimal(value).toUpperCase();
    default:
      throw failure(`could not parse formatting clause: unrecognized formatting clause "${letter}"`);
  }
}

/** `%s`: what `string()` gives, and lists and maps by their elements. */
function plainText(value: Value): string {
  if (value === null) return "null";
  spendWork(typeof value === "string" ? value.length : 1);
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? formatDouble(value) : special(value, "string");
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof TypeValue) return value.name;
  if (value instanceof CelList) return `[${value.values().map(plainText).join(", ")}]`;
  if (value instanceof CelMap) {
    const entries = value.keys().map((key) => [plainText(key), plainText(value.get(key) as Value)] as const);
    return `{${entries
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, text]) => `${key}: ${text}`)
      .join(", ")}}`;
  }
  throw failure(
    `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeNameOf(value)}`,
  );
}

function integer(value: Value, clause: string): bigint {
  if (typeof value === "bigint") return value;
  if (value instanceof Uint) return value.value;
  throw failure(
    `error during formatting: ${clause} clause can only be used on integers, was given ${typeNameOf(value)}`,
  );
}

function special(value: number, clause: string): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  throw failure(`error during formatting: ${clause} clause can only be used on integers, was given double`);
}

function decimal(value: Value, clause: string): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint) return Number(value.value);
  throw failure(
    `error during formatting: ${clause} clause can only be used on doubles, was given ${typeNameOf(value)}`,
  );
}

function fixed(value: Value, precision: number): string {
  const number = decimal(value, "fixed-point");
  if (!Number.isFinite(number)) return special(number, "fixed-point");
  const text = number.toFixed(Math.min(precision, 100));
  return precision > 100 ? text + "0".repeat(precision - 100) : text;
}

function scientific(value: Value, precision: number): string {
  const number = decimal(value, "scientific");
  if (!Number.isFinite(number)) return special(number, "scientific");
  const [digits, power] = number.toExponential(Math.min(precision, 100)).split("e") as [string, string];
  const exponent = `${power[0] === "-" ? "-" : ""}${power.slice(1).padStart(2, "0")}`;
  return `${digits}×10${[...exponent].map((sign) => RAISED[sign]).join("")}`;
}

/** Go's printer of localized numbers raises exponents. */
const RAISED: Readonly<Record<string, string>> = {
  ...{ "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" },
};

function radix(value: Value, base: number, clause: string): string {
  return integer(value, clause).toString(base);
}

function hexadecimal(value: Value): string {
  if (typeof value === "string") return Buffer.from(value).toString("hex");
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return radix(value, 16, "hex");
}
