import { type JsonCursor, type LengthWidth, writeBytes } from "./json-cursor.ts";

/**
 * What stood at one place of the objects before (`spec.tolerations`, `spec.containers[0].ports`), and what it became. Objects of
 * one list resemble each other, those of one set most of all: the same text becomes the same bytes, and to compare and to copy
 * is native code, to read is not.
 */
export interface Memory extends LengthWidth {
  text: Uint8Array;
  written: Uint8Array;
  /** What both lie in, and what comes after them too: memory outside of the heap that comes and goes has all of it collected. */
  room: Uint8Array;
  /** How often something else stood there since it was the same the last time. */
  misses: number;
  readonly depth: number;
  /** By the field's index, or by that of the list's item. */
  readonly inside: (Memory | undefined)[];
}

/** Less is read as fast as it is compared. */
const TEXT_BYTES_MIN = 40;
/** So that what is remembered of a kind stays small. */
const TEXT_BYTES_MAX = 4 * 1024;
const DEPTH_MAX = 8;
const ITEMS_MAX = 8;
/** What differed so often is compared and noted now and then only. */
const PATIENCE = 2;
const SELDOM = 63;
const NOTHING = new Uint8Array();

export function newMemory(depth = 0): Memory {
  return { text: NOTHING, written: NOTHING, room: NOTHING, misses: 0, depth, inside: [], bytes: 1 };
}

/** The memory of a place inside that of another one. */
export function inside(memory: Memory, index: number): Memory | undefined {
  const known = memory.inside[index];
  if (known !== undefined) return known;
  if (memory.depth === DEPTH_MAX) return undefined;
  while (memory.inside.length < index) memory.inside.push(undefined);
  const made = newMemory(memory.depth + 1);
  memory.inside[index] = made;
  return made;
}

export function insideItem(memory: Memory, index: number): Memory | undefined {
  return index < ITEMS_MAX ? inside(memory, index) : undefined;
}

/** Writes what was written here before, when the same text stands at the cursor again, and goes behind it. */
export function recall(cursor: JsonCursor, memory: Memory): boolean {
  const { text, misses } = memory;
  const size = text.length;
  if (size === 0 || isResting(misses)) return false;
  const { input, at } = cursor;
  if (at + size > input.length) return false;
  // Most of what differs does so in the middle, or has another length: that is seen without a call.
  const middle = size >>> 1;
  if (input[at + middle] !== text[middle] || input[at + size - 2] !== text[size - 2]) return false;
  if (input.compare(text, 0, size, at, at + size) !== 0) return false;
  memory.misses = 0;
  cursor.at = at + size;
  writeBytes(cursor, memory.written);
  return true;
}

/** Notes what stands between there and the cursor, and what it became. */
export function remember(cursor: JsonCursor, memory: Memory, at: number, to: number): void {
  const size = cursor.at - at;
  const isUnwanted = size < TEXT_BYTES_MIN || size > TEXT_BYTES_MAX || isResting(memory.misses);
  memory.misses++;
  if (isUnwanted) return;
  if (cursor.to > cursor.output.length) return;
  const end = size + cursor.to - to;
  if (memory.room.length < end) memory.room = new Uint8Array(end + (end >> 2));
  const { room } = memory;
  room.set(cursor.input.subarray(at, cursor.at));
  room.set(cursor.output.subarray(to, cursor.to), size);
  memory.text = room.subarray(0, size);
  memory.written = room.subarray(size, end);
}

function isResting(misses: number): boolean {
  return misses > PATIENCE && (misses & SELDOM) !== 0;
}
