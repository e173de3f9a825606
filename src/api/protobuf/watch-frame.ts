import type { ApiObject } from "../meta.ts";
import { decodeObject } from "./decode.ts";
import { writeNested, writeTag } from "./element.ts";
import { encodeObject } from "./encode.ts";
import { ProtobufError } from "./error.ts";
import { Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

/** The largest frame that is read. */
const maximumFrameBytes = 16 * 1024 * 1024;

export interface WatchFrame {
  /** ADDED, MODIFIED, DELETED, BOOKMARK or ERROR. */
  readonly type: string;
  /** JSON-shaped. */
  readonly object: unknown;
}

/**
 * One event of a watch: four bytes of length, then a WatchEvent that holds the object.
 *
 * @param object the object, or what encodeObject made of it (to share it between watchers)
 * @throws ProtobufError when the object's kind is not built in
 */
export function encodeWatchFrame(type: string, object: ApiObject | Uint8Array): Buffer {
  const bytes = object instanceof Uint8Array ? object : encodeObject(object);
  const writer = new Writer();
  writeNested(writer, () => {
    writer.chunk(bytes);
    writeTag(writer, 1, 2);
  });
  writeTag(writer, 2, 2);
  writer.string(type);
  writeTag(writer, 1, 2);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(writer.length);
  writer.raw(length);
  return writer.bytes();
}

/**
 * Takes the first whole frame from the bytes that have come so far.
 *
 * @returns the event and how many bytes it took, or undefined when more bytes have to come
 * @throws ProtobufError when the frame is malformed
 */
export function decodeWatchFrame(bytes: Buffer): { frame: WatchFrame; size: number } | undefined {
  if (bytes.length < 4) return undefined;
  const length = bytes.readUInt32BE(0);
  if (length > maximumFrameBytes) throw new ProtobufError(`a watch frame of ${length} bytes is too large`);
  if (bytes.length < 4 + length) return undefined;
  const reader = new Reader(bytes.subarray(4, 4 + length));
  let type = "";
  let object: unknown = null;
  while (reader.more()) {
    const tag = reader.varint();
    if (tag === 10) type = reader.string();
    else if (tag === 18) object = reader.nested(() => readRaw(reader));
    else reader.skip(tag & 7);
  }
  return { frame: { type, object }, size: 4 + length };
}

function readRaw(reader: Reader): unknown {
  let object: unknown = null;
  while (reader.more()) {
    const tag = reader.varint();
    if (tag === 10) object = decodeObject(reader.chunk()).object;
    else reader.skip(tag & 7);
  }
  return object;
}
