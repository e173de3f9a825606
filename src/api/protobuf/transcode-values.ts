import { ProtobufError } from "./error.ts";
import {
  closeLength,
  copyString,
  copyValue,
  type JsonCursor,
  type LengthWidth,
  openLength,
  peek,
  QUOTE,
  readValue,
  seen,
  skipValue,
  textOf,
  writeBytes,
  writeVarint,
} from "./json-cursor.ts";

/** How the values that most objects are made of get from JSON text to the wire. */

export function transcodeText(cursor: JsonCursor, width: LengthWidth): void {
  if (peek(cursor) !== QUOTE) throw new ProtobufError(`expected a string, got ${seen(cursor)}`);
  const start = openLength(cursor, width.bytes);
  copyString(cursor);
  width.bytes = closeLength(cursor, start, width.bytes);
}

export function transcodeBoolean(cursor: JsonCursor): void {
  const what = seen(cursor);
  if (what !== "boolean") throw new ProtobufError(`expected a boolean, got ${what}`);
  cursor.output[cursor.to++] = cursor.input[cursor.at] === 0x74 ? 1 : 0;
  skipValue(cursor);
}

export const transcodeInt32 = integer("int32");

export const transcodeInt64 = integer("int64");

/** Numbers of so many digits are exact, whatever they are. */
const EXACT_DIGITS = 15;

function integer(type: "int32" | "int64"): (cursor: JsonCursor) => void {
  const limit = type === "int32" ? 2n ** 31n : 2n ** 63n;
  return (cursor) => {
    const { input } = cursor;
    let at = cursor.at;
    let value = 0;
    for (; input[at]! >= 0x30 && input[at]! <= 0x39; at++) value = value * 10 + input[at]! - 0x30;
    const after = input[at]!;
    const ends = after === 0x2c || after === 0x7d || after === 0x5d;
    const digits = at - cursor.at;
    if (ends && digits > 0 && digits <= EXACT_DIGITS && (type === "int64" || value < 2 ** 31)) {
      writeVarint(cursor, value);
      cursor.at = at;
      return;
    }
    const start = cursor.at;
    skipValue(cursor);
    const text = textOf(input, start, cursor.at).trim();
    const whole = /^-?\d+$/.test(text) ? BigInt(text) : undefined;
    if (whole === undefined || whole < -limit || whole >= limit) {
      throw new ProtobufError(`expected an ${type}, got ${JSON.stringify(text).slice(0, 40)}`);
    }
    writeSigned(cursor, whole);
  };
}

function writeSigned(cursor: JsonCursor, value: bigint): void {
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 0x80n; rest >>= 7n) cursor.output[cursor.to++] = Number(rest & 0x7fn) | 0x80;
  cursor.output[cursor.to++] = Number(rest);
}

/** resource.Quantity: field 1 holds the text. */
export function transcodeQuantity(cursor: JsonCursor, width: LengthWidth): void {
  const start = openLength(cursor, width.bytes);
  cursor.output[cursor.to++] = 0x0a;
  const text = openLength(cursor, 1);
  if (peek(cursor) === QUOTE) copyString(cursor);
  else {
    const value = readValue(cursor);
    if (typeof value !== "number") throw new ProtobufError(`expected a quantity, got ${typeof value}`);
    writeBytes(cursor, Buffer.from(String(value)));
  }
  closeLength(cursor, text, 1);
  width.bytes = closeLength(cursor, start, width.bytes);
}

/** intstr.IntOrString: which of both it is, and both. */
export function transcodeIntOrString(cursor: JsonCursor, width: LengthWidth): void {
  const { output } = cursor;
  const isText = peek(cursor) === QUOTE;
  const start = openLength(cursor, width.bytes);
  output[cursor.to++] = 0x08;
  output[cursor.to++] = isText ? 1 : 0;
  output[cursor.to++] = 0x10;
  if (isText) output[cursor.to++] = 0;
  else transcodeInt32(cursor);
  output[cursor.to++] = 0x1a;
  const text = openLength(cursor, 1);
  if (isText) copyString(cursor);
  closeLength(cursor, text, 1);
  width.bytes = closeLength(cursor, start, width.bytes);
}

/** RawExtension, FieldsV1 and the like: field 1 holds the JSON text as it is. */
export function transcodeJson(cursor: JsonCursor, width: LengthWidth): void {
  const start = openLength(cursor, width.bytes);
  cursor.output[cursor.to++] = 0x0a;
  const text = openLength(cursor, width.bytes);
  copyValue(cursor);
  closeLength(cursor, text, width.bytes);
  width.bytes = closeLength(cursor, start, width.bytes);
}
