/** Ways through JSON text that the server itself has written, as bytes: it is valid, and no value is made of anything. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const SPACE = 0x20;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The high bits of those of four bytes that are quotes; beyond the first of them also of others. */
export function quotesIn(word: number): number {
  return zerosIn(word ^ 0x22222222);
}

/** The same for backslashes. */
export function backslashesIn(word: number): number {
  return zerosIn(word ^ 0x5c5c5c5c);
}

function zerosIn(word: number): number {
  return (word - 0x01010101) & ~word & 0x80808080;
}

/** Which of the four bytes the first one is that was found. */
export function firstOf(found: number): number {
  return (31 - Math.clz32(found & -found)) >> 3;
}

/** From so many bytes on a search in native code is faster than a look at each. */
const LONG_STRING = 48;

/** Where the quote is that ends the string which starts at `start`; the text's end when there is none. */
export function endOfString(input: Uint8Array, start: number): number {
  const end = input.length;
  const near = Math.min(end, start + LONG_STRING);
  let at = start + 1;
  for (; at < near; at++) {
    const byte = input[at]!;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return at < end ? endOfLongString(input, at) : end;
}

function endOfLongString(input: Uint8Array, from: number): number {
  for (let at = from; ; ) {
    const quote = input.indexOf(QUOTE, at);
    if (quote < 0) return input.length;
    let before = quote;
    while (before > at && input[before - 1] === BACKSLASH) before--;
    if ((quote - before) % 2 === 0) return quote;
    at = quote + 1;
  }
}

/** Where the value ends that starts at `start`: behind its last byte. */
export function endOfValue(input: Uint8Array, start: number): number {
  const end = input.length;
  let depth = 0;
  let at = start;
  while (at < end) {
    const byte = input[at++]!;
    if (byte === QUOTE) {
      at = endOfString(input, at - 1) + 1;
      if (depth === 0) return at;
    } else if (byte >= OPEN_BRACKET) {
      // Braces and brackets differ by one bit.
      const bracket = byte | 0x20;
      if (bracket === OPEN_BRACE) depth++;
      else if (bracket === CLOSE_BRACE) {
        // The end of what the value is in also ends a number.
        if (depth === 0) return at - 1;
        if (--depth === 0) return at;
      }
    } else if (depth === 0 && byte === COMMA) return at - 1;
  }
  return end;
}

/**
 * The same for a list that mostly has no other list inside, as managedFields: half of many objects, and found without a walk.
 * The first `]` ends it when no `[` comes before and when the first quote behind it begins a name. Were it inside a text, that
 * quote would be the text's end (one that the text says has a backslash before it), and no name follows an end at once.
 */
export function endOfFlatList(input: Buffer, start: number): number {
  const close = input.indexOf(CLOSE_BRACKET, start);
  const inner = input.indexOf(OPEN_BRACKET, start + 1);
  if (input[start] !== OPEN_BRACKET || close < 0 || (inner >= 0 && inner < close)) return endOfValue(input, start);
  let at = close + 1;
  while (input[at] === CLOSE_BRACE) at++;
  const isEnd = at === input.length || (input[at] === COMMA && input[at + 1] === QUOTE && isLetter(input[at + 2]!));
  return isEnd ? close + 1 : endOfValue(input, start);
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** From where to where something stands. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where the value of that member starts in the object which starts at `start`; undefined when it has none. */
export function startOfMember(input: Buffer, start: number, name: string): number | undefined {
  return walkMembers(input, start, { name, isLast: true }).member;
}

/** Where the object ends that starts at `start`, and where in it that member stands, which is a list. */
export function findInside(input: Buffer, start: number, name: string): { end: number; member: Span | undefined } {
  const { end, member, memberEnd } = walkMembers(input, start, { name, isLast: false });
  return { end, member: member === undefined ? undefined : { start: member, end: memberEnd } };
}

/** Goes through an object's members; with `isLast` only up to the value of the wanted one. */
function walkMembers(input: Buffer, start: number, wanted: { name: string; isLast: boolean }) {
  const name = JSON.stringify(wanted.name);
  let member: number | undefined;
  let memberEnd = 0;
  let at = afterSpace(input, start + 1);
  while (input[at] === QUOTE) {
    const keyEnd = endOfString(input, at) + 1;
    const value = afterSpace(input, afterSpace(input, keyEnd) + 1);
    const isWanted = keyEnd - at === name.length && isAt(input, at, name);
    if (isWanted) member = value;
    if (isWanted && wanted.isLast) break;
    const end = isWanted ? endOfFlatList(input, value) : endOfValue(input, value);
    if (isWanted) memberEnd = end;
    at = afterSpace(input, end);
    if (input[at] === COMMA) at = afterSpace(input, at + 1);
  }
  return { end: at + 1, member, memberEnd };
}

/** Whether a text of ASCII stands there. */
function isAt(input: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) if (input[at + index] !== text.charCodeAt(index)) return false;
  return true;
}

function afterSpace(input: Uint8Array, start: number): number {
  let at = start;
  while (input[at]! <= SPACE) at++;
  return at;
}
