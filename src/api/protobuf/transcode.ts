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
import type { Message, MessageField } from "./message.ts";
import { Writer } from "./writer.ts";

/** A field by its name in JSON. */
interface Slot {
  readonly name: string;
  /** The name as JSON writes it, with quotes and colon. */
  readonly key: Uint8Array;
  /** Undefined for what protobuf does not carry. */
  readonly element: Element | undefined;
  readonly container: "list" | "map" | undefined;
  readonly tag: Uint8Array;
  /** Tags of the messages that the field lies in, where JSON shows it outside; outermost first. */
  readonly wrappers: readonly Uint8Array[];
  /** How many bytes the length took last time: mostly it is the same again. */
  readonly width: LengthWidth;
  /** What came after it last time: mostly it is the same again. */
  next: Slot | undefined;
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
export function transcodeMessage(cursor: JsonCursor, shape: Shape): void {
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
      if (slot === undefined || !isNext(cursor, slot.key)) {
        slot = readKey(cursor, shape);
        if (slot !== undefined) before.next = slot;
      }
      before = slot ?? before;
      if (slot?.element === undefined || peek(cursor) === LETTER_N) skipValue(cursor);
      else transcodeField(cursor, slot, slot.element);
      const byte = peek(cursor);
      cursor.at++;
      if (byte !== COMMA) return;
      peek(cursor);
    }
  } catch (error) {
    throw within(before.name, error);
  }
}

/** Whether the key stands at the cursor; then the cursor goes behind it. */
function isNext(cursor: JsonCursor, key: Uint8Array, length = key.length): boolean {
  const { input, at } = cursor;
  for (let index = 0; index < length; index++) if (input[at + index] !== key[index]) return false;
  cursor.at = at + length;
  return true;
}

/** Goes behind the key at the cursor, whatever it is. */
function readKey(cursor: JsonCursor, shape: Shape): Slot | undefined {
  const { input } = cursor;
  let hash = 0;
  for (let at = cursor.at + 1; input[at] !== QUOTE && at < input.length; at++) hash = hashOf(hash, input[at]!);
  const slot = shape.slots.get(hash);
  const isKnown = slot !== undefined && isNext(cursor, slot.key, slot.key.length - 1);
  if (!isKnown) cursor.at = endOfString(input, cursor.at) + 1;
  peek(cursor);
  // Behind the colon.
  cursor.at++;
  return isKnown ? slot : undefined;
}

function hashOf(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) & 0x3fffffff;
}

function transcodeField(cursor: JsonCursor, slot: Slot, element: Element, depth = 0): void {
  const wrapper = slot.wrappers[depth];
  if (wrapper === undefined) {
    transcodeValues(cursor, slot, element);
    return;
  }
  writeTagBytes(cursor, wrapper);
  const start = openLength(cursor, 1);
  transcodeField(cursor, slot, element, depth + 1);
  closeLength(cursor, start, 1);
}

function transcodeValues(cursor: JsonCursor, slot: Slot, element: Element): void {
  if (slot.container === undefined) {
    writeTagBytes(cursor, slot.tag);
    transcodeElement(cursor, element, slot.width);
  } else if (slot.container === "list") transcodeList(cursor, slot, element);
  else transcodeMap(cursor, slot, element);
}

function transcodeList(cursor: JsonCursor, slot: Slot, element: Element): void {
  if (peek(cursor) !== OPEN_BRACKET) throw new ProtobufError(`expected a list, got ${seen(cursor)}`);
  cursor.at++;
  if (peek(cursor) === CLOSE_BRACKET) return void cursor.at++;
  for (;;) {
    writeTagBytes(cursor, slot.tag);
    peek(cursor);
    transcodeElement(cursor, element, slot.width);
    const byte = peek(cursor);
    cursor.at++;
    if (byte !== COMMA) return;
  }
}

function transcodeMap(cursor: JsonCursor, slot: Slot, element: Element): void {
  if (peek(cursor) !== OPEN_BRACE) throw new ProtobufError(`expected a map, got ${seen(cursor)}`);
  cursor.at++;
  if (peek(cursor) === CLOSE_BRACE) return void cursor.at++;
  const valueTag = (2 << 3) | element.wireType;
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
    transcodeElement(cursor, element, slot.width);
    closeLength(cursor, entry, 1);
    const byte = peek(cursor);
    cursor.at++;
    if (byte !== COMMA) return;
    peek(cursor);
  }
}

function transcodeElement(cursor: JsonCursor, element: Element, width: LengthWidth): void {
  if (element.transcode !== undefined) {
    element.transcode(cursor, width);
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
    for (const name of ["kind", "apiVersion"]) if (!slots.has(hashOfName(name))) addSlot(slots, slotOf({ name }));
    shape = { slots, start: slotOf({ name: "" }) };
    shapes.set(message, shape);
  }
  return shape;
}

function addSlots(slots: Map<number, Slot>, fields: readonly MessageField[], wrappers: readonly Uint8Array[]): void {
  for (const field of fields) {
    if ("inline" in field) addSlots(slots, field.inline.fields, [...wrappers, tagBytes(field.number, 2)]);
    else {
      const { name, element, container } = field;
      const wireType = container === "map" ? 2 : element.wireType;
      addSlot(slots, slotOf({ name, element, container, wrappers, tag: tagBytes(field.number, wireType) }));
    }
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

function slotOf(slot: Partial<Slot> & { readonly name: string }): Slot {
  return {
    name: slot.name,
    key: Buffer.from(`${JSON.stringify(slot.name)}:`),
    element: slot.element,
    container: slot.container,
    tag: slot.tag ?? new Uint8Array(),
    wrappers: slot.wrappers ?? [],
    width: { bytes: 1 },
    next: undefined,
  };
}

function tagBytes(number: number, wireType: number): Uint8Array {
  const writer = new Writer();
  writer.varint(((number << 3) | wireType) >>> 0);
  return Buffer.from(writer.bytes());
}
