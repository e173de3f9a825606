import { isUtf8 } from "node:buffer";
import { badRequest } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { exactInteger } from "../../base/exact-json.ts";

/**
 * How deep lists and objects may nest: far deeper than anything that means something, and no deeper than all that walks
 * through objects can go.
 */
export const NESTING_MAX = 400;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Integers of fewer digits are exact as numbers. */
const EXACT_DIGITS = 16;

/** What a text of JSON has that JSON.parse takes and the API does not. */
interface Oddities {
  readonly depth: number;
  /** Colons that stand outside of texts: one a field. */
  readonly fields: number;
  /** Numbers that may be too large for a double. */
  readonly hugeNumbers: boolean;
  /** Integers that no number may hold exactly. */
  readonly longIntegers: boolean;
  /** Escapes that may be halves of a character. */
  readonly surrogates: boolean;
}

export interface JsonText {
  readonly value: unknown;
  readonly json: string;
  /** How many fields the text has: more than the value where some come twice. */
  readonly fields: number;
}

/**
 * JSON text that is UTF-8, parsed. Halves of characters become U+FFFD, as in Go.
 *
 * @param prefix what the error says before it says what is wrong with the JSON
 * @throws StatusError BadRequest for what is no JSON, nests too deep, or has numbers that no float64 holds
 */
export function parseJsonText(bytes: Buffer, prefix = JSON_ERROR): JsonText {
  if (bytes.length === 0) throw badRequest("the request body is empty; an object is expected");
  let json = utf8Text(bytes);
  const { depth, fields, hugeNumbers, longIntegers, surrogates } = odditiesOf(bytes);
  if (depth > NESTING_MAX) throw badRequest(`${prefix}exceeded max depth: at most ${NESTING_MAX} levels may nest`);
  if (surrogates) json = withoutHalves(json);
  try {
    const value: unknown = hugeNumbers || longIntegers ? JSON.parse(json, checkedNumber) : JSON.parse(json);
    return { value, json, fields };
  } catch (error) {
    throw badRequest(`${prefix}${errorMessage(error)}`);
  }
}

const JSON_ERROR = "couldn't get version/kind; json parse error: ";

/** @throws StatusError BadRequest */
export function utf8Text(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw badRequest("the request body is not valid UTF-8");
  // A byte order mark says nothing in UTF-8.
  return bytes.toString("utf8", hasMark(bytes) ? 3 : 0);
}

function hasMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** One pass over the bytes; text that is no JSON gives numbers that mean nothing, and JSON.parse tells what is wrong. */
function odditiesOf(bytes: Buffer): Oddities {
  let depth = 0;
  let fields = 0;
  let deepest = 0;
  let digits = 0;
  let hugeNumbers = false;
  let longIntegers = false;
  let surrogates = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) {
        if (bytes[at] !== BACKSLASH) continue;
        at++;
        surrogates ||= isSurrogateEscape(bytes, at);
      }
    } else if (byte === COLON) fields++;
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > deepest) deepest = depth;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
    else if (byte >= 0x30 && byte <= 0x39) {
      if (++digits >= EXACT_DIGITS) longIntegers = true;
      if (digits > 300) hugeNumbers = true;
      continue;
    } else if (digits > 0 && (byte | 0x20) === 0x65) hugeNumbers = true;
    digits = 0;
  }
  return { depth: deepest, fields, hugeNumbers, longIntegers, surrogates };
}

/** `\uD800` to `\uDFFF`; `at` is the `u`. */
function isSurrogateEscape(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x75 && (bytes[at + 1]! | 0x20) === 0x64 && bytes[at + 2]! >= 0x38;
}

const ESCAPES = /\\(?:(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)/gs;

/** The text with each escape that is half a character replaced. */
export function withoutHalves(json: string): string {
  return json.replace(ESCAPES, (written: string, _pair: string | undefined, half: string | undefined) =>
    half === undefined ? written : "\\ufffd",
  );
}

function checkedNumber(key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number") return value;
  if (Number.isFinite(value)) return exactInteger(key, value, context);
  const source = context?.source ?? String(value);
  const shown = source.length > 40 ? `${source.slice(0, 40)}…` : source;
  throw new RangeError(`json: cannot unmarshal number ${shown} into Go value of type float64`);
}

/** Whether lists and objects nest deeper than so many levels. */
export function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels <= 0) return true;
  for (const each of Array.isArray(value) ? value : Object.values(value))
    if (nestsDeeper(each, levels - 1)) return true;
  return false;
}
