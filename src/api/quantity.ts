/**
 * resource.Quantity: an exact number that remembers how it was written. The smallest step is a nano; finer digits round
 * away from zero. Binary ones beyond a signed 64-bit integer are held at that limit, as upstream does.
 */
export interface Quantity {
  /** The exact value times 10^9. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
  /** How it is written; absent where it was computed. */
  readonly text?: string;
}

export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

const PATTERN = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$";
const NANOS = 1_000_000_000n;
const LIMIT = ((1n << 63n) - 1n) * NANOS;
/** Decimal ones are held here: a number still holds their nanos. */
const DIGITS_MAX = 298;
const DECIMAL_LIMIT = 10n ** BigInt(DIGITS_MAX) * NANOS;

const DECIMAL_SUFFIXES: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_SUFFIXES: Readonly<Record<string, number>> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 };
const DECIMAL_NAMES = new Map(Object.entries(DECIMAL_SUFFIXES).map(([suffix, exponent]) => [exponent, suffix]));
const BINARY_NAMES = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

export class QuantityError extends Error {
  override name = "QuantityError";
}

const parsed = new Map<string | number, Quantity>();
const PARSED_REMEMBERED = 1024;

/** Parses what JSON may hold for a quantity: a string, or a plain number. @throws QuantityError */
export function parseQuantity(text: string | number): Quantity {
  let quantity = parsed.get(text);
  if (quantity === undefined) {
    quantity = read(text);
    if (parsed.size >= PARSED_REMEMBERED) parsed.clear();
    parsed.set(text, quantity);
  }
  return quantity;
}

function read(value: string | number): Quantity {
  const text = String(value).trim();
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([a-zA-Z]*)([-+]?[0-9]*)$/.exec(text);
  const whole = match?.[2] ?? "";
  const fraction = match?.[3] ?? "";
  if (match === null || whole + fraction === "") throw wrongFormat();
  if (!/^[eEinumkKMGTP]*$/.test(match[4]!)) throw wrongFormat();
  const scale = scaleOf(match[4]!, match[5]!);
  const absolute = absoluteOf(whole, fraction, scale);
  const isTiny = scale.format === "BinarySI" && absolute > 0n && absolute < NANOS;
  const quantity: Quantity = {
    nanos: match[1] === "-" ? -absolute : absolute,
    format: isTiny ? "DecimalSI" : scale.format,
  };
  return { ...quantity, text: isKept(whole, fraction, scale) ? text : formatQuantity(quantity) };
}

interface QuantityScale {
  readonly multiplier: bigint;
  /** Of ten. */
  readonly exponent: number;
  readonly format: QuantityFormat;
}

function absoluteOf(whole: string, fraction: string, { multiplier, exponent, format }: QuantityScale): bigint {
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return 0n;
  const isDecimal = format !== "BinarySI";
  const shift = exponent - fraction.length;
  if (digits.length + shift > DIGITS_MAX) return isDecimal ? DECIMAL_LIMIT : LIMIT;
  const value = BigInt(digits) * multiplier * NANOS;
  if (shift < 0) return held(divideUp(value, 10n ** BigInt(Math.min(-shift, 4096))), isDecimal);
  return held(value * 10n ** BigInt(shift), isDecimal);
}

const held = (value: bigint, isDecimal: boolean): bigint => (isDecimal || value <= LIMIT ? value : LIMIT);

const SHORT_DIGITS = 18;

/** Whether upstream keeps a text as it is: it takes the short ones that need no other suffix for canonical ones. */
function isKept(whole: string, fraction: string, { exponent, format }: QuantityScale): boolean {
  const significant = whole.replace(/^0+/, "");
  const digits = significant + fraction;
  if (format === "BinarySI" || significant === "" || digits.length > SHORT_DIGITS) return false;
  const scale = exponent - fraction.length;
  return scale >= -9 && scale % 3 === 0 && !digits.endsWith("000");
}

function scaleOf(letters: string, digits: string): QuantityScale {
  if (digits === "") {
    const decimal = Object.hasOwn(DECIMAL_SUFFIXES, letters) ? DECIMAL_SUFFIXES[letters] : undefined;
    if (decimal !== undefined) return { multiplier: 1n, exponent: decimal, format: "DecimalSI" };
    const binary = Object.hasOwn(BINARY_SUFFIXES, letters) ? BINARY_SUFFIXES[letters] : undefined;
    if (binary !== undefined) return { multiplier: 1n << BigInt(10 * binary), exponent: 0, format: "BinarySI" };
  } else if ((letters === "e" || letters === "E") && /[0-9]/.test(digits) && Number.isSafeInteger(Number(digits))) {
    return { multiplier: 1n, exponent: Number(digits), format: "DecimalExponent" };
  }
  throw new QuantityError("unable to parse quantity's suffix");
}

function wrongFormat(): QuantityError {
  return new QuantityError(`quantities must match the regular expression '${PATTERN}'`);
}

/** The quantity when it is well-formed. */
export function tryParseQuantity(text: unknown): Quantity | undefined {
  if (typeof text !== "string" && typeof text !== "number") return undefined;
  try {
    return parseQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}

/** A whole number as a quantity. */
export function quantityOf(value: number | bigint, format: QuantityFormat = "DecimalSI"): Quantity {
  return { nanos: BigInt(value) * NANOS, format };
}

/** The text that it was parsed from where that will do, else the canonical one: no precision lost, the largest suffix that leaves a whole number. */
export function formatQuantity(quantity: Quantity): string {
  const { nanos, format, text } = quantity;
  if (text !== undefined) return text;
  if (nanos === 0n) return "0";
  const absolute = nanos < 0n ? -nanos : nanos;
  const sign = nanos < 0n ? "-" : "";
  if (format === "BinarySI" && absolute >= 1024n * NANOS && absolute % NANOS === 0n) {
    let value = absolute / NANOS;
    let power = 0;
    while (power < 6 && value % 1024n === 0n) {
      value /= 1024n;
      power++;
    }
    return `${sign}${value}${BINARY_NAMES[power]}`;
  }
  let value = absolute;
  let exponent = -9;
  while ((exponent < 18 || format === "DecimalExponent") && value % 1000n === 0n) {
    value /= 1000n;
    exponent += 3;
  }
  if (format === "DecimalExponent") return exponent === 0 ? `${sign}${value}` : `${sign}${value}e${exponent}`;
  return `${sign}${value}${DECIMAL_NAMES.get(exponent)}`;
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
}

/** The sum, written as the first one is (as the second when the first is zero). */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos - b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

/** The value in thousandths, rounded away from zero, as far as a signed 64-bit integer holds the whole one. */
export function quantityMilli(quantity: Quantity | string | number): number {
  return Number(scaled(withinLimit(quantity), 1_000_000n));
}

/** The whole value, rounded away from zero, as far as a signed 64-bit integer holds it. Numbers above 2^53 lose their last digits. */
export function quantityValue(quantity: Quantity | string | number): number {
  return Number(scaled(withinLimit(quantity), NANOS));
}

/** The same value with nothing finer than a thousandth, rounded away from zero: what defaulting does to resource lists. */
export function roundUpToMilli(quantity: Quantity): Quantity {
  if (quantity.nanos % 1_000_000n === 0n) return quantity;
  return { nanos: scaled(quantity.nanos, 1_000_000n) * 1_000_000n, format: quantity.format };
}

function withinLimit(quantity: Quantity | string | number): bigint {
  const { nanos } = typeof quantity === "object" ? quantity : parseQuantity(quantity);
  if (nanos > LIMIT) return LIMIT;
  return nanos < -LIMIT ? -LIMIT : nanos;
}

function scaled(nanos: bigint, step: bigint): bigint {
  return nanos < 0n ? -divideUp(-nanos, step) : divideUp(nanos, step);
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}
