/**
 * Integers in JSON that no number holds exactly, as bigints. Everything else is as JSON.parse and JSON.stringify have it; such
 * integers are so rare that nobody pays for them who has none.
 */

interface RawJson {
  rawJSON(text: string): unknown;
}

let written = 0;

/**
 * From now on JSON.stringify writes bigints as the integers that they are. Without it, it throws on them, which no program
 * relies on.
 */
export function writeExactIntegers(): void {
  const prototype = BigInt.prototype as { toJSON?: (this: bigint) => unknown };
  if (prototype.toJSON !== undefined) return;
  Object.defineProperty(prototype, "toJSON", {
    value(this: bigint) {
      written++;
      return (JSON as unknown as RawJson).rawJSON(this.toString());
    },
    configurable: true,
    writable: true,
  });
}

/** How many bigints have been written so far: who compares before and after knows whether a text has any. */
export function exactIntegersWritten(): number {
  return written;
}

/** Parses JSON in which integers may be larger than numbers hold. @throws SyntaxError */
export function parseExactJson(text: string): unknown {
  return JSON.parse(text, exactInteger);
}

/** For JSON.parse: what fits into 64 bits stays exact, what is larger is the nearest number, as in Go. */
export function exactInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value) || !Number.isInteger(value)) return value;
  const source = context?.source ?? "";
  if (!/^-?\d{16,19}$/.test(source)) return value;
  const exact = BigInt(source);
  return exact === BigInt.asIntN(64, exact) ? exact : value;
}

const LONG_INTEGER = /\d{16}/;

/** Parses JSON from elsewhere, of which nothing is known: looks first whether it may have such integers. @throws SyntaxError */
export function parseForeignJson(text: string): unknown {
  return LONG_INTEGER.test(text) ? parseExactJson(text) : JSON.parse(text);
}
