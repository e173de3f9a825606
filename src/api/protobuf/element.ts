import type { JsonCursor, LengthWidth } from "./json-cursor.ts";
import type { Memory } from "./memory.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** How one value goes to the wire and back, without its tag. */
export interface Element {
  readonly wireType: 0 | 1 | 2;
  /** @throws ProtobufError when the value is not of the type */
  write(writer: Writer, value: unknown): void;
  /**
   * Writes what the JSON text at the cursor says, without making a value of it; where it is missing, by way of the value.
   * @throws ProtobufError when the text is not of the type
   */
  transcode?(cursor: JsonCursor, width: LengthWidth, memory?: Memory): void;
  /** Whether a value is mostly long enough that the same one is worth recognizing; see memory.ts. */
  readonly isLarge?: boolean;
  read(reader: Reader): unknown;
  /** Whether a value that was read is the type's zero value, which JSON leaves out. */
  isZero(value: unknown): boolean;
  /** The value of an entry of a map that gives none. */
  empty(): unknown;
}

/** A field as written before each value: its number and wire type. */
export function writeTag(writer: Writer, number: number, wireType: number): void {
  writer.varint(((number << 3) | wireType) >>> 0);
}

/** Writes what the callback writes, with its length before it. */
export function writeNested(writer: Writer, write: () => void): void {
  const before = writer.length;
  write();
  writer.varint(writer.length - before);
}
