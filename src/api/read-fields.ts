import { endOfFlatList, endOfString, endOfValue, type Span } from "./json-bytes.ts";

/** Fields by their names; `true` takes all of what is there. Of a list the same is taken of each item. */
export interface Fields {
  readonly [name: string]: Fields | true;
}

/** An object with some of its fields. */
export interface Shown {
  readonly object: unknown;
  /** Where its whole metadata stands, when some of it is wanted. */
  readonly metadata: Span | undefined;
}

/**
 * A place in the objects that are read one after the other, and what stood there in the one before: objects of one list
 * resemble each other. What is the same is gone past as a whole, and is the same value again: nobody may change it.
 */
interface Place {
  readonly name: string;
  /** The name as JSON writes it, with quotes. */
  readonly key: Buffer;
  readonly wanted: Wanted;
  /** Of an object the wanted members; what of them was there is in `values`. */
  readonly members: readonly Place[];
  readonly slot: number;
  readonly items: Place[];
  /** The text in which it stood before: from `start` to `end`, with its name from `keyStart` on. */
  input: Buffer;
  words: DataView;
  keyStart: number;
  start: number;
  end: number;
  value: unknown;
  values: unknown[];
  /** Where the next ones are put down. */
  spare: unknown[];
  /** The first member that came, and what came after this one. */
  first: Place | undefined;
  next: Place | undefined;
}

type Wanted = Fields | true | undefined;

interface Reading {
  input: Buffer;
  /** The input, where four bytes are read together. */
  words: DataView;
  at: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const ASCII_MAX = 0x7f;
const NONE: Buffer = Buffer.alloc(0);
const NO_WORDS = new DataView(new ArrayBuffer(0));
const WORD = 4;
const ABSENT = Symbol("absent");
/** Less is compared here as fast as in native code. */
const LONG = 128;
/** What comes after so many has the last one's place. */
const ITEMS_MAX = 16;

/**
 * Reads objects of JSON that the server itself has written, with no other fields than those; integers as numbers.
 *
 * @returns what reads one; its parts are shared with what was read before and comes after
 */
export function fieldsReader(fields: Fields): (input: Buffer) => Shown {
  const root = newPlace("", fields, 0);
  const metadata = root.members.find(({ name }) => name === "metadata");
  const reading: Reading = { input: NONE, words: NO_WORDS, at: 0 };
  return (input) => {
    reading.input = input;
    reading.words = new DataView(input.buffer, input.byteOffset, input.length);
    reading.at = 0;
    peek(reading);
    const object = readValue(reading, root);
    const span = metadata?.input === input ? { start: metadata.start, end: metadata.end } : undefined;
    return { object, metadata: span };
  };
}

function newPlace(name: string, wanted: Wanted, slot: number): Place {
  const inner = typeof wanted === "object" ? Object.entries(wanted) : [];
  const members = inner.map(([member, of], index) => newPlace(member, of, index));
  return {
    name,
    key: Buffer.from(JSON.stringify(name)),
    wanted,
    members,
    slot,
    items: [],
    input: NONE,
    words: NO_WORDS,
    keyStart: 0,
    start: 0,
    end: 0,
    value: undefined,
    values: members.map(() => ABSENT),
    spare: members.map(() => ABSENT),
    first: undefined,
    next: undefined,
  };
}

/** The value at the cursor, which is not what stood at the place before; goes behind it. */
function readValue(reading: Reading, place: Place): unknown {
  const { input, at: start } = reading;
  const first = input[start]!;
  const isInside = typeof place.wanted === "object";
  if (isInside && first === OPEN_BRACE) place.value = readMembers(reading, place);
  else if (isInside && first === OPEN_BRACKET) place.value = readItems(reading, place);
  else if (place.wanted === undefined) reading.at = endOfUnwanted(input, start);
  else {
    reading.at = endOfValue(input, start);
    place.value = leafOf(input, start, reading.at);
  }
  place.input = input;
  place.words = reading.words;
  place.start = start;
  place.end = reading.at;
  return place.value;
}

function readMembers(reading: Reading, place: Place): unknown {
  const { members, values: known, spare: values } = place;
  for (let slot = 0; slot < values.length; slot++) values[slot] = ABSENT;
  let before: Place | undefined;
  let expected = place.first;
  reading.at++;
  while (peek(reading) === QUOTE) {
    const member = readMember(reading, place, expected);
    if (member.wanted !== undefined) values[member.slot] = member.value;
    if (member !== expected) {
      if (before === undefined) place.first = member;
      else before.next = member;
    }
    before = member;
    expected = member.next;
    if (peek(reading) === COMMA) reading.at++;
  }
  reading.at++;
  if (isObject(place.value) && isEqual(values, known)) return place.value;
  place.values = values;
  place.spare = known;
  return objectOf(members, values);
}

/** @param expected what came here before */
function readMember(reading: Reading, place: Place, expected: Place | undefined): Place {
  const { input, at } = reading;
  if (expected !== undefined && isAt(reading, expected, expected.keyStart)) {
    reading.at = at + expected.end - expected.keyStart;
    expected.start = reading.at - expected.end + expected.start;
    expected.end = reading.at;
    expected.keyStart = at;
    expected.input = input;
    expected.words = reading.words;
    return expected;
  }
  const member = isKeyAt(reading, expected) ? expected : memberAt(reading, place, expected);
  peek(reading);
  readValue(reading, member);
  member.keyStart = at;
  return member;
}

function readItems(reading: Reading, place: Place): unknown {
  const known = Array.isArray(place.value) ? place.value : [];
  const made: unknown[] = [];
  reading.at++;
  while (peek(reading) !== CLOSE_BRACKET) {
    const item = itemPlace(place, Math.min(made.length, ITEMS_MAX - 1));
    if (isAt(reading, item, item.start)) reading.at += item.end - item.start;
    else readValue(reading, item);
    made.push(item.value);
    if (peek(reading) !== COMMA) break;
    reading.at++;
    peek(reading);
  }
  reading.at++;
  return place.value === known && isEqual(made, known) ? known : made;
}

function itemPlace(list: Place, index: number): Place {
  return (list.items[index] ??= newPlace("", list.wanted, index));
}

/** Whether the text from `start` up to the end of what stood there before stands at the cursor, and ends there. */
function isAt({ input, words, at }: Reading, place: Place, start: number): boolean {
  const { words: before, end } = place;
  const size = end - start;
  const behind = at + size;
  if (size < WORD || behind >= input.length) return false;
  // Most of what differs does so at its end: that is seen without a call.
  if (words.getInt32(behind - WORD, true) !== before.getInt32(end - WORD, true)) return false;
  const after = input[behind]!;
  if (after !== COMMA && after !== CLOSE_BRACE && after !== CLOSE_BRACKET && after > SPACE) return false;
  if (size > LONG)
    return (
      words.getInt32(at + (size >>> 1), true) === before.getInt32(start + (size >>> 1), true) &&
      input.compare(place.input, start, end, at, behind) === 0
    );
  for (let index = 0; index < size - WORD; index += WORD) {
    if (words.getInt32(at + index, true) !== before.getInt32(start + index, true)) return false;
  }
  return true;
}

/** Whether that member's name stands at the cursor with its colon, as before; then the cursor goes behind both. */
function isKeyAt(reading: Reading, member: Place | undefined): member is Place {
  if (member === undefined || member.start === 0) return false;
  const { input, at } = reading;
  const { input: before, keyStart, start } = member;
  for (let index = keyStart; index < start; index++) if (input[at + index - keyStart] !== before[index]) return false;
  reading.at = at + start - keyStart;
  return true;
}

/** The member whose name stands at the cursor, which goes behind the colon. What nobody wants has the place of what was expected. */
function memberAt(reading: Reading, { members }: Place, expected: Place | undefined): Place {
  const { input, at } = reading;
  const end = endOfString(input, at) + 1;
  reading.at = end;
  peek(reading);
  reading.at++;
  for (const member of members) {
    const { key } = member;
    if (key.length === end - at && key.compare(input, at, end) === 0) return member;
  }
  return expected !== undefined && expected.wanted === undefined ? expected : newPlace("", undefined, 0);
}

function endOfUnwanted(input: Buffer, start: number): number {
  return input[start] === OPEN_BRACKET ? endOfFlatList(input, start) : endOfValue(input, start);
}

function leafOf(input: Buffer, start: number, end: number): unknown {
  return isPlainText(input, start, end)
    ? input.toString("latin1", start + 1, end - 1)
    : JSON.parse(input.toString("utf8", start, end));
}

/** Whether a string of ASCII stands there which means what it shows. */
function isPlainText(input: Buffer, start: number, end: number): boolean {
  if (input[start] !== QUOTE) return false;
  for (let at = start + 1; at < end; at++) if (input[at] === BACKSLASH || input[at]! > ASCII_MAX) return false;
  return true;
}

function objectOf(members: readonly Place[], values: readonly unknown[]): unknown {
  const made: Record<string, unknown> = {};
  for (const { name, slot } of members) if (values[slot] !== ABSENT) made[name] = values[slot];
  return made;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEqual(left: readonly unknown[], right: readonly unknown[]): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}

/** The byte that the next token starts with. */
function peek(reading: Reading): number {
  const { input } = reading;
  while (input[reading.at]! <= SPACE) reading.at++;
  return input[reading.at]!;
}
