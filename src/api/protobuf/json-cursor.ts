import { backslashesIn, endOfValue, firstOf, quotesIn } from "../json-bytes.ts";
import { ProtobufError } from "./error.ts";

/**
 * Where a JSON text is being read and a message being written, both from start to end. The text is one that the server itself
 * made: it is valid. What does not fit into `output` is dropped while `to` goes on, so that nothing has to be checked on the
 * way; see `reached`.
 */
export interface JsonCursor {
  input: Buffer;
  /** The input, where four bytes are read together. */
  words: DataView;
  at: number;
  output: Uint8Array;
  /** The output, where four bytes are written together. */
  room: DataView;
  to: number;
  /** Where `to` was before something moved down. */
  high: number;
}

/** At the start of both. */
export function jsonCursor(input: Buffer, output: Uint8Array): JsonCursor {
  return { input, words: viewOf(input), at: 0, output, room: viewOf(output), to: 0, high: 0 };
}

/** Goes to the start of another text. */
export function readFrom(cursor: JsonCursor, input: Buffer): void {
  cursor.input = input;
  cursor.words = viewOf(input);
  cursor.at = 0;
}

/** Goes to the start of another output. */
export function writeInto(cursor: JsonCursor, output: Uint8Array): void {
  cursor.output = output;
  cursor.room = viewOf(output);
  cursor.to = 0;
  cursor.high = 0;
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** How far it has been written: beyond the end of the output, all has to be done again with more room. */
export function reached({ to, high }: JsonCursor): number {
  return Math.max(to, high);
}

/** How many bytes a length took last time: mostly it is the same again. */
export interface LengthWidth {
  bytes: number;
}

export const QUOTE = 0x22;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const COMMA = 0x2c;
export const LETTER_N = 0x6e;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const LETTER_U = 0x75;

/** The byte that the next token starts with. */
export function peek(cursor: JsonCursor): number {
  const byte = cursor.input[cursor.at]!;
  return byte > SPACE ? byte : skipSpace(cursor);
}

function skipSpace(cursor: JsonCursor): number {
  const { input } = cursor;
  while (input[cursor.at]! <= SPACE) cursor.at++;
  return input[cursor.at] ?? fail();
}

/** Leaves room for a length; the answer is for `closeLength`. */
export function openLength(cursor: JsonCursor, width: number): number {
  const start = cursor.to;
  cursor.to = start + width;
  return start;
}

/** Writes the length of what came after `openLength` before it, and moves it when the room is not the one that is needed. */
export function closeLength(cursor: JsonCursor, start: number, width: number): number {
  const { output } = cursor;
  const size = cursor.to - start - width;
  if (size < 0x80 && width === 1) {
    output[start] = size;
    return 1;
  }
  const needed = size < 0x80 ? 1 : size < 0x4000 ? 2 : size < 0x200000 ? 3 : 4;
  if (needed !== width) {
    cursor.high = Math.max(cursor.high, cursor.to);
    output.copyWithin(start + needed, start + width, cursor.to);
    cursor.to += needed - width;
  }
  let position = start;
  let rest = size;
  for (; rest >= 0x80; rest >>>= 7) output[position++] = (rest & 0x7f) | 0x80;
  output[position] = rest;
  return needed;
}

/** A whole number that is not negative, as a varint. */
export function writeVarint(cursor: JsonCursor, value: number): void {
  const { output } = cursor;
  let to = cursor.to;
  let rest = value;
  while (rest > 0x7fffffff) {
    output[to++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  for (; rest >= 0x80; rest >>>= 7) output[to++] = (rest & 0x7f) | 0x80;
  output[to++] = rest;
  cursor.to = to;
}

export function writeBytes(cursor: JsonCursor, bytes: Uint8Array): void {
  if (cursor.to + bytes.length <= cursor.output.length) cursor.output.set(bytes, cursor.to);
  cursor.to += bytes.length;
}

/** Copies what the string at the cursor says, and goes behind it. */
export function copyString(cursor: JsonCursor): void {
  cursor.at++;
  copyPlain(cursor);
  const { input, output } = cursor;
  const end = input.length;
  let { at, to } = cursor;
  while (at < end) {
    const byte = input[at++]!;
    if (byte === QUOTE) {
      cursor.at = at;
      cursor.to = to;
      return;
    }
    if (byte !== BACKSLASH) {
      output[to++] = byte;
      continue;
    }
    const escaped = input[at++]!;
    cursor.at = at;
    if (escaped !== LETTER_U) {
      output[to++] = ESCAPED[escaped] ?? escaped;
      cursor.to = to;
    } else {
      cursor.to = to;
      copyUnicode(cursor);
    }
    copyPlain(cursor);
    ({ at, to } = cursor);
  }
  fail();
}

/** Copies four bytes at a time up to a quote or a backslash: one by one, each costs as much as the four. */
function copyPlain(cursor: JsonCursor): void {
  const { words, room } = cursor;
  let { at, to } = cursor;
  const last = Math.min(words.byteLength, room.byteLength - to + at) - 4;
  while (at <= last) {
    const word = words.getInt32(at, true);
    room.setInt32(to, word, true);
    const found = quotesIn(word) | backslashesIn(word);
    if (found !== 0) {
      const plain = firstOf(found);
      at += plain;
      to += plain;
      break;
    }
    at += 4;
    to += 4;
  }
  cursor.at = at;
  cursor.to = to;
}

/** What stands for control characters behind a backslash; all others stand for themselves. */
const ESCAPED: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9 };

/** `\uXXXX`, or two of them for one character; the cursor is behind the first `u`. Halves of characters become U+FFFD. */
function copyUnicode(cursor: JsonCursor): void {
  const { input } = cursor;
  let code = hex(input, cursor.at);
  cursor.at += 4;
  const isPair = code >= 0xd800 && code < 0xdc00 && input[cursor.at] === BACKSLASH && input[cursor.at + 1] === LETTER_U;
  const low = isPair ? hex(input, cursor.at + 2) : 0;
  if (low >= 0xdc00 && low < 0xe000) {
    cursor.at += 6;
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  } else if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
  writeBytes(cursor, Buffer.from(String.fromCodePoint(code)));
}

function hex(input: Uint8Array, at: number): number {
  return Number.parseInt(String.fromCharCode(...input.subarray(at, at + 4)), 16);
}

/** Copies the value at the cursor as it is written, whatever it is, and goes behind it. */
export function copyValue(cursor: JsonCursor): void {
  const start = cursor.at;
  skipValue(cursor);
  writeBytes(cursor, cursor.input.subarray(start, cursor.at));
}

/** Goes behind the value at the cursor. */
export function skipValue(cursor: JsonCursor): void {
  cursor.at = endOfValue(cursor.input, cursor.at);
}

/** The value at the cursor, parsed. */
export function readValue(cursor: JsonCursor): unknown {
  const start = cursor.at;
  skipValue(cursor);
  return JSON.parse(textOf(cursor.input, start, cursor.at));
}

export function textOf({ buffer, byteOffset }: Uint8Array, start: number, end: number): string {
  return Buffer.from(buffer, byteOffset + start, end - start).toString();
}

/** What stands at the cursor, for an error: its JSON type, not its content, which may be secret. */
export function seen(cursor: JsonCursor): string {
  const byte = peek(cursor);
  if (byte === QUOTE) return "string";
  if (byte === OPEN_BRACE) return "object";
  if (byte === OPEN_BRACKET) return "array";
  if (byte === LETTER_N) return "null";
  return byte === 0x74 || byte === 0x66 ? "boolean" : "number";
}

function fail(): never {
  throw new ProtobufError("the stored object ends inside a value");
}
