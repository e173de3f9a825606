import { failure } from "../evaluate/failure.ts";
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp, timestampOf } from "../evaluate/time.ts";
import type { Duration, Timestamp, Value } from "../evaluate/values.ts";
import { Uint } from "../evaluate/values.ts";
import type { Overload } from "./overload.ts";
import { global } from "./overload.ts";

const second = 1_000_000_000n;
const same = (value: Value) => value;

function conversion(name: string, from: Readonly<Record<string, Overload["run"]>>): Overload[] {
  return Object.entries(from).map(([type, run]) => global(name, [type], name, run));
}

export const conversions: readonly Overload[] = [
  ...conversion("int", {
    int: same,
    uint: (value: Uint) => signed(value.value),
    double: (value: number) => signed(truncated(value)),
    string: (text: string) => signed(parseInteger(text, /^[+-]?[0-9]+$/, "int")),
    timestamp: (value: Timestamp) => floorSeconds(value.nanoseconds),
    duration: (value: Duration) => value.nanoseconds / second,
  }),
  ...conversion("uint", {
    uint: same,
    int: (value: bigint) => unsigned(value),
    double: (value: number) => unsigned(truncated(value)),
    string: (text: string) => unsigned(parseInteger(text, /^[0-9]+$/, "uint")),
  }),
  ...conversion("double", {
    double: same,
    int: (value: bigint) => Number(value),
    uint: (value: Uint) => Number(value.value),
    string: parseDouble,
  }),
  ...conversion("string", {
    string: same,
    int: (value: bigint) => value.toString(),
    uint: (value: Uint) => value.value.toString(),
    double: formatDouble,
    bool: (value: boolean) => String(value),
    bytes: decodeBytes,
    timestamp: formatTimestamp,
    duration: formatDuration,
  }),
  ...conversion("bytes", { bytes: same, string: (text: string) => new Uint8Array(Buffer.from(text)) }),
  ...conversion("bool", { bool: same, string: parseBoolean }),
  ...conversion("timestamp", {
    timestamp: same,
    string: (text: string) => orFail(parseTimestamp(text), `invalid timestamp '${text}'`),
    int: (seconds: bigint) => orFail(timestampOf(seconds * second), "timestamp overflow"),
  }),
  ...conversion("duration", {
    duration: same,
    string: (text: string) => orFail(parseDuration(text), `time: invalid duration ${JSON.stringify(text)}`),
    int: (value: bigint) => orFail(parseDuration(`${value}ns`), "duration overflow"),
  }),
];

function orFail<T>(value: T | undefined, message: string): T {
  if (value === undefined) throw failure(message);
  return value;
}

function signed(value: bigint): bigint {
  if (value !== BigInt.asIntN(64, value)) throw failure("integer overflow");
  return value;
}

function unsigned(value: bigint): Uint {
  if (value !== BigInt.asUintN(64, value)) throw failure("unsigned integer overflow");
  return new Uint(value);
}

function truncated(value: number): bigint {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 64) throw failure("integer overflow");
  return BigInt(Math.trunc(value));
}

function floorSeconds(nanoseconds: bigint): bigint {
  const seconds = nanoseconds / second;
  return nanoseconds % second < 0n ? seconds - 1n : seconds;
}

function parseInteger(text: string, form: RegExp, type: string): bigint {
  if (form.test(text) && text.length < 40) return BigInt(text.replace(/^\+/, ""));
  throw failure(`strconv.Parse${type === "int" ? "Int" : "Uint"}: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function parseDouble(text: string): number {
  const special: Readonly<Record<string, number>> = {
    inf: Infinity,
    "+inf": Infinity,
    "-inf": -Infinity,
    nan: Number.NaN,
  };
  const named = special[text.toLowerCase().replace(/infinity$/, "inf")];
  if (named !== undefined) return named;
  if (/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text)) return Number(text);
  throw failure(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** As Go's `%g` prints it. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < 21) return plainDigits(value);
  const [digits, power] = value.toExponential().split("e") as [string, string];
  return `${digits}e${power.startsWith("-") ? "-" : "+"}${power.slice(1).padStart(2, "0")}`;
}

function plainDigits(value: number): string {
  const text = String(value);
  return text.includes("e") ? value.toFixed(20).replace(/0+$/, "") : text;
}

function decodeBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw failure("invalid UTF-8 in bytes, cannot convert to string");
  }
}

function parseBoolean(text: string): boolean {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  throw failure(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}
