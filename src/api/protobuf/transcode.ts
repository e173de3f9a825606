import { invariant } from "../../base/assert.ts";
import { endOfString } from "../json-bytes.ts";
import type { Element } from "./element.ts";
import { ProtobufError, within } from "./error.ts";
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  closeLength,
  copyString,
  type JsonCursor,
  LETTER_N,
  type LengthWidth,
  OPEN_BRACE,
  OPEN_BRACKET,
  openLength,
  peek,
  QUOTE,
  readValue,
  seen,
  skipValue,
  writeBytes,
} from "./json-cursor.ts";
import { inside, insideItem, type Memory, recall, remember } from "./memory.ts";
import type { Message, MessageField, ValueField } from "./message.ts";
import { Writer } from "./writer.ts";

/** A field by its name in JSON. */
type Slot = FieldSlot | UnknownSlot;

interface NamedSlot {
  readonly name: string;
  /** The name as JSON writes it, with quotes and colon. */
  readonly key: Uint8Array;
  /** The same, four bytes at a time; the last four overlap those before. */
  readonly keyWords: Int32Array;
  /** What came after it last time: mostly it is the same again. */
  next: Slot | undefined;
}

/** What protobuf does not carry. */
interface UnknownSlot extends NamedSlot {
  readonly element: undefined;
}

interface FieldSlot extends NamedSlot {
  /** Its number among the fields of its message. */
  readonly index: number;
  readonly element: Element;
  readonly container: "list" | "map" | undefined;
  /** Whether it is worth remembering what stood here. */
  readonly isLarge: boolean;
  readonly tag: Uint8Array;
  /** Tags of the messages that the field lies in, where JSON shows it outside; outermost first. */
  readonly wrappers: readonly Uint8Array[];
  /** How many bytes the length took last time: mostly it is the same again. */
  readonly width: LengthWidth;
}

/** How the fields of a message are found by their names. */
export interface Shape {
  /** By the hash of the name; no two names have the same. */
  readonly slots: ReadonlyMap<number, Slot>;
  /** Stands before the first one. */
  readonly start: Slot;
}

const shapes = new WeakMap<Message, Shape>();

/**
 * Writes the fields of the JSON object at the cursor, in the order in which they stand there, and goes behind it. No value is
 * made of what is only copied. A field that lies in a nested message gets one of its own: readers merge them.
 * @throws ProtobufError when a field is not of its type
 */
export function transcodeMessage(cursor: JsonCursor, shape: Shape, memory?: Memory): void {
  if (peek(cursor) !== OPEN_BRACE) throw new ProtobufError(`expected an object, got ${seen(cursor)}`);
  cursor.at++;
  if (peek(cursor) === CLOSE_BRACE) {
    cursor.at++;
    return;
  }
  let before = shape.start;
  try {
    for (;;) {
      let slot = before.next;
      if (slot === undefined || !isNext(cursor, slot)) {
        slot = readKey(cursor, shape);
        if (slot !== undefined) before.next = slot;
      }
      before = slot ?? before;
      if (slot?.element === undefined || peek(cursor) === LETTER_N) skipValue(cursor);
      else transcodeField(cursor, slot, memory);
      const byte = peek(cursor);
      cursor.at++;
      if (byte !== COMMA) return;
      peek(cursor);
    }
  } catch (error) {
    throw within(before.name, error);
  }
}

/** Whether that key stands at the cursor; then the cursor goes behind it. */
function isNext(cursor: JsonCursor, { key, keyWords }: Slot): boolean {
  const { words, at } = cursor;
  const lastWord = at + key.length - 4;
  if (lastWord + 4 > words.byteLength || words.getInt32(lastWord, true) !== keyWords[keyWords.length - 1]) return false;
  for (let word = 0, from = at; from < lastWord; word++, from += 4) {
    if (words.getInt32(from, true) !== keyWords[word]) return false;
  }
  cursor.at = at + key.length;
  return true;
}

/** Goes behind the key at the cursor, whatever it is. */
function readKey(cursor: JsonCursor, shape: Shape): Slot | undefined {
  const { input } = cursor;
  let hash = 0;
  for (let at = cursor.at + 1; input[at] !== QUOTE && at < input.length; at++) hash = hashOf(hash, input[at]!);
  const slot = shape.slots.get(hash);
  const known = slot !== undefined && isNamed(cursor, slot.key) ? slot : undefined;
  cursor.at = known === undefined ? endOfString(input, cursor.at) + 1 : cursor.at + known.key.length - 1;
  peek(cursor);
  // Behind the colon.
  cursor.at++;
  return known;
}

/** Whether that name stands at the cursor, whatever comes before the colon. */
function isNamed({ input, at }: JsonCursor, key: Uint8Array): boolean {
  for (let index = 0; index < key.length - 1; index++) if (input[at + index] !== key[index]) return false;
  return true;
}

function hashOf(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) & 0x3fffffff;
}

function transcodeField(cursor: JsonCursor, slot: FieldSlot, outer: Memory | undefined): void {
  const memory = outer !== undefined && slot.isLarge ? inside(outer, slot.index) : undefined;
  if (memory === undefined) {
    transcodeWrapped(cursor, slot, undefined);
    return;
  }
  if (recall(cursor, memory)) return;
  const { at, to } = cursor;
  transcodeWrapped(cursor, slot, memory);
  remember(cursor, memory, at, to);
}

function transcodeWrapped(cursor: JsonCursor, slot: FieldSlot, memory: Memory | undefined, depth = 0): void {
  const wrapper = slot.wrappers[depth];
  if (wrapper === undefined) {
    transcodeValues(cursor, slot, memory);
    return;
  }
  writeTagBytes(cursor, wrapper);
  const start = openLength(cursor, 1);
  transcodeWrapped(cursor, slot, memory, depth + 1);
  closeLength(cursor, start, 1);
}

function transcodeValues(cursor: JsonCursor, slot: FieldSlot, memory: Memory | undefined): void {
  if (slot.container === undefined) {
    writeTagBytes(cursor, slot.tag);
    transcodeElement(cursor, slot, memory);
  } else if (slot.container === "list") transcodeList(cursor, slot, memory);
  else transcodeMap(cursor, slot);
}

function transcodeList(cursor: JsonCursor, slot: FieldSlot, memory: Memory | undefined): void {
  if (peek(cursor) !== OPEN_BRACKET) throw new ProtobufError(`expected a list, got ${seen(cursor)}`);
  cursor.at++;
  if (peek(cursor) === CLOSE_BRACKET) return void cursor.at++;
  for (let index = 0; ; index++) {
    peek(cursor);
    transcodeItem(cursor, slot, memory === undefined ? undefined : insideItem(memory, index));
    const byte = peek(cursor);
    cursor.at++;
    if (byte !== COMMA) return;
  }
}

function transcodeItem(cursor: JsonCursor, slot: FieldSlot, memory: Memory | undefined): void {
  if (memory !== undefined && recall(cursor, memory)) return;
  const { at, to } = cursor;
  writeTagBytes(cursor, slot.tag);
  transcodeElement(cursor, slot, memory);
  if (memory !== undefined) remember(cursor, memory, at, to);
}

function transcodeMap(cursor: JsonCursor, slot: FieldSlot): void {
  if (peek(cursor) !== OPEN_BRACE) throw new ProtobufError(`expected a map, got ${seen(cursor)}`);
  cursor.at++;
  if (peek(cursor) === CLOSE_BRACE) return void cursor.at++;
  const valueTag = (2 << 3) | slot.element.wireType;
  for (;;) {
    writeTagBytes(cursor, slot.tag);
    const entry = openLength(cursor, 1);
    cursor.output[cursor.to++] = (1 << 3) | 2;
    const key = openLength(cursor, 1);
    peek(cursor);
    copyString(cursor);
    closeLength(cursor, key, 1);
    peek(cursor);
    cursor.at++;
    cursor.output[cursor.to++] = valueTag;
    peek(cursor);
    transcodeElement(cursor, slot, undefined);
    closeLength(cursor, entry, 1);
    const byte = peek(cursor);
    cursor.at++;
    if (byte !== COMMA) return;
    peek(cursor);
  }
}

function transcodeElement(cursor: JsonCursor, { element, width }: FieldSlot, memory: Memory | undefined): void {
  if (element.transcode !== undefined) {
    element.transcode(cursor, memory ?? width, memory);
    return;
  }
  const writer = new Writer();
  element.write(writer, readValue(cursor));
  writeBytes(cursor, writer.bytes());
}

function writeTagBytes(cursor: JsonCursor, tag: Uint8Array): void {
  const { output } = cursor;
  for (let index = 0; index < tag.length; index++) output[cursor.to++] = tag[index]!;
}

/** Made once a message. */
export function shapeOf(message: Message): Shape {
  let shape = shapes.get(message);
  if (shape === undefined) {
    const slots = new Map<number, Slot>();
    addSlots(slots, message.fields, []);
    for (const name of ["kind", "apiVersion"]) if (!slots.has(hashOfName(name))) addSlot(slots, unknownSlot(name));
    shape = {
      slots,
      start: { name: "", key: Buffer.alloc(0), keyWords: new Int32Array(), element: undefined, next: undefined },
    };
    shapes.set(message, shape);
  }
  return shape;
}

function addSlots(slots: Map<number, Slot>, fields: readonly MessageField[], wrappers: readonly Uint8Array[]): void {
  for (const field of fields) {
    if ("inline" in field) addSlots(slots, field.inline.fields, [...wrappers, tagBytes(field.number, 2)]);
    else addSlot(slots, fieldSlot(field, wrappers, slots.size));
  }
}

function hashOfName(name: string): number {
  return Buffer.from(name).reduce((hash, byte) => hashOf(hash, byte), 0);
}

function addSlot(slots: Map<number, Slot>, slot: Slot): void {
  const hash = hashOfName(slot.name);
  invariant(slots.get(hash) === undefined, `the names of ${slot.name} and ${slots.get(hash)?.name} have the same hash`);
  slots.set(hash, slot);
}

function fieldSlot(field: ValueField, wrappers: readonly Uint8Array[], index: number): FieldSlot {
  const { name, element, container } = field;
  const wireType = container === "map" ? 2 : element.wireType;
  const isLarge = container !== undefined || element.isLarge === true;
  const tag = tagBytes(field.number, wireType);
  return { ...namedSlot(name), index, element, container, isLarge, tag, wrappers, width: { bytes: 1 } };
}

function unknownSlot(name: string): UnknownSlot {
  return { ...namedSlot(name), element: undefined };
}

function namedSlot(name: string): NamedSlot {
  const key = Buffer.from(`${JSON.stringify(name)}:`);
  const starts = Array.from({ length: Math.ceil(key.length / 4) }, (_, word) => Math.min(word * 4, key.length - 4));
  const keyWords = Int32Array.from(starts, (start) => key.readInt32LE(start));
  return { name, key, keyWords, next: undefined };
}

function tagBytes(number: number, wireType: number): Uint8Array {
  const writer = new Writer();
  writer.varint(((number << 3) | wireType) >>> 0);
  return Buffer.from(writer.bytes());
}
