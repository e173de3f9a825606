import { tryParseQuantity } from "../quantity.ts";

const ONE = 1_000_000_000n;

/** The warning for an amount of bytes that is no whole number. */
export function fractionWarnings(text: string | undefined, at: string): string[] {
  const quantity = tryParseQuantity(text);
  if (quantity === undefined || quantity.nanos % ONE === 0n) return [];
  return [`${at}: fractional byte value ${JSON.stringify(text)} is invalid, must be an integer`];
}
