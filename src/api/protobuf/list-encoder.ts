import { writeTag } from "./element.ts";
import { ENVELOPE_END, writeEnvelopeStart } from "./envelope.ts";
import { ProtobufError } from "./error.ts";
import { jsonCursor, reached, readFrom, writeInto } from "./json-cursor.ts";
import { newMemory } from "./memory.ts";
import { type ValueField, writeMessage } from "./message.ts";
import { builtInMessages } from "./messages.ts";
import { Writer } from "./writer.ts";

const BLOCK_BYTES = 256 * 1024;
const NONE: Buffer = Buffer.alloc(0);

/**
 * Encodes a long list piece by piece, its items from their JSON bytes. Length comes before content in protobuf: what follows
 * the head can be written when it is known how many bytes all items take.
 */
export interface ListEncoder {
  /** Encodes the next item. Answers how many bytes it takes. @throws ProtobufError */
  add(json: Buffer): number;
  /** Blocks that are full since the last call; with `all` also the one that is not. */
  take(all?: boolean): Buffer[];
  /** Takes a block back that nobody reads any more: a next one lies in the same memory. */
  giveBack(block: Buffer): void;
  /** Forgets what was not taken. */
  drop(): void;
  /** What comes before all else. */
  readonly head: Buffer;
  /** What comes between the head and the items, which are `size` bytes together. */
  start(metadata: object, size: number): Buffer;
  readonly end: Buffer;
}

/**
 * @param hint how many bytes to reckon with
 * @throws ProtobufError when there is no such built-in kind of list
 */
export function listEncoder({ apiVersion, kind }: { apiVersion: string; kind: string }, hint: number): ListEncoder {
  const message = builtInMessages().ofKind(apiVersion, kind);
  const items = message?.fields.find((field) => "name" in field && field.name === "items");
  if (message === undefined || items === undefined || "inline" in items) {
    throw new ProtobufError(`no list "${kind}" is registered for version "${apiVersion}"`);
  }
  const head = new Writer();
  writeEnvelopeStart(head, { apiVersion, kind });
  return {
    ...itemBlocks(items, Math.min(hint, BLOCK_BYTES)),
    head: head.bytes(),
    start(metadata, size) {
      const writer = new Writer();
      writeMessage(writer, message, { metadata });
      writer.varint(writer.length + size);
      writeTag(writer, 2, 2);
      return writer.bytes();
    },
    end: ENVELOPE_END,
  };
}

function itemBlocks(
  { element, number }: ValueField,
  blockBytes: number,
): Pick<ListEncoder, "add" | "take" | "giveBack" | "drop"> {
  const memory = newMemory();
  const tag = (number << 3) | element.wireType;
  let block = NONE;
  let full: Buffer[] = [];
  let spare = block;
  const cursor = jsonCursor(block, block);
  const finish = (bytes: number, next: number): void => {
    if (bytes > 0) full.push(block.subarray(0, bytes));
    block = spare.length >= next ? spare : Buffer.allocUnsafeSlow(next);
    spare = NONE;
    writeInto(cursor, block);
  };
  return {
    add(json) {
      readFrom(cursor, json);
      for (;;) {
        const before = cursor.to;
        cursor.high = 0;
        cursor.output[cursor.to++] = tag;
        element.transcode?.(cursor, memory, memory);
        const end = reached(cursor);
        if (end <= block.length) return cursor.to - before;
        // It did not fit: once more, where there is room for it.
        cursor.at = 0;
        finish(before, Math.max(blockBytes, 2 * (end - before)));
      }
    },
    take(all = false) {
      if (all) finish(cursor.to, 0);
      const taken = full;
      full = [];
      return taken;
    },
    giveBack({ buffer }) {
      spare = Buffer.from(buffer);
    },
    drop() {
      const dropped = full[0];
      if (dropped !== undefined) spare = Buffer.from(dropped.buffer);
      full = [];
      cursor.to = 0;
    },
  };
}
