/**
 * resource.Quantity: an exact number that remembers how it was written. The smallest step is a nano; finer digits round
 * away from zero, and what is beyond a signed 64-bit integer is held at that limit, as upstream documents.
 */
export interface Quantity {
  /** The exact value times 10^9. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

const PATTERN = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$";
const NANOS = 1_000_000_000n;
const LIMIT = ((1n << 63n) - 1n) * NANOS;

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

function read(text: string | number): Quantity {
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([a-zA-Z]*)([-+]?[0-9]*)$/.exec(String(text).trim());
  const whole = match?.[2] ?? "";
  const fraction = match?.[3] ?? "";
  if (match === null || whole + fraction === "") throw wrongFormat();
  if (!/^[eEinumkKMGTP]*$/.test(match[4]!)) throw wrongFormat();
  const { multiplier, exponent, format } = scaleOf(match[4]!, match[5]!);
  let value = BigInt(whole + fraction) * multiplier * NANOS;
  const shift = exponent - fraction.length;
  if (shift >= 0) value = value === 0n ? 0n : value * 10n ** BigInt(Math.min(shift, 64));
  else value = divideUp(value, 10n ** BigInt(Math.min(-shift, 4096)));
  if (value > LIMIT) value = LIMIT;
  return { nanos: match[1] === "-" ? -value : value, format };
}

function scaleOf(letters: string, digits: string): { multiplier: bigint; exponent: number; format: QuantityFormat } {
  if (digits === "") {
    const decimal = Object.hasOwn(DECIMAL_SUFFIXES, letters) ? DECIMAL_SUFFIXES[letters] : undefined;
    if (decimal !== undefined) return { multiplier: 1n, exponent: decimal, format: "DecimalSI" };
    const binary = Object.hasOwn(BINARY_SUFFIXES, letters) ? BINARY_SUFFIXES[letters] : undefined;
    if (binary !== undefined) return { multiplier: 1n << BigInt(10 * binary), exponent: 0, format: "BinarySI" };
  } else if ((letters === "e" || letters === "E") && /[0-9]/.test(digits)) {
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

/** The canonical text: no precision lost, the largest suffix that leaves a whole number. */
export function formatQuantity(quantity: Quantity): string {
  const { nanos, format } = quantity;
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
  while (exponent < 18 && value % 1000n === 0n) {
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

/** The value in thousandths, rounded away from zero. */
export function quantityMilli(quantity: Quantity | string | number): number {
  return Number(scaled(quantity, 1_000_000n));
}

/** The whole value, rounded away from zero. Numbers above 2^53 lose their last digits. */
export function quantityValue(quantity: Quantity | string | number): number {
  return Number(scaled(quantity, NANOS));
}

/** The same value with nothing finer than a thousandth, rounded away from zero: what defaulting does to resource lists. */
export function roundUpToMilli(quantity: Quantity): Quantity {
  return { nanos: scaled(quantity, 1_000_000n) * 1_000_000n, format: quantity.format };
}

function scaled(quantity: Quantity | string | number, step: bigint): bigint {
  const { nanos } = typeof quantity === "object" ? quantity : parseQuantity(quantity);
  return nanos < 0n ? -divideUp(-nanos, step) : divideUp(nanos, step);
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}
