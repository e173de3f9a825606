import { writeTag } from "./element.ts";
import { ENVELOPE_END, writeEnvelopeStart } from "./envelope.ts";
import { ProtobufError } from "./error.ts";
import { jsonCursor, reached, writeInto } from "./json-cursor.ts";
import { type Memory, newMemory } from "./memory.ts";
import type { Message } from "./message.ts";
import { builtInMessages } from "./messages.ts";
import { shapeOf, transcodeMessage } from "./transcode.ts";
import { Writer } from "./writer.ts";

/** What was seen of each kind lately: clients that begin to watch get one object after the other. */
const memories = new WeakMap<Message, Memory>();

/** Protobuf is mostly shorter than JSON: with a little more room it fits at once. */
const ROOM = 256;

/**
 * Encodes an object from its JSON bytes, without making an object of them.
 *
 * @param json what the server itself has written
 * @param as the kind; PartialObjectMetadata makes its metadata of any object
 * @throws ProtobufError when a field is not of its type, or there is no such built-in kind
 */
export function encodeStored(json: Buffer, as: { readonly apiVersion: string; readonly kind: string }): Buffer {
  const message = builtInMessages().ofKind(as.apiVersion, as.kind);
  if (message === undefined)
    throw new ProtobufError(`no kind "${as.kind}" is registered for version "${as.apiVersion}"`);
  const shape = shapeOf(message);
  // What a Secret held stays with nobody.
  const memory = as.kind === "Secret" ? newMemory() : memoryOf(message);
  const cursor = jsonCursor(json, Buffer.allocUnsafe(json.length + ROOM));
  for (;;) {
    transcodeMessage(cursor, shape, memory);
    const needed = reached(cursor);
    if (needed <= cursor.output.length) break;
    cursor.at = 0;
    writeInto(cursor, Buffer.allocUnsafe(needed + ROOM));
  }
  const start = new Writer();
  start.varint(cursor.to);
  writeTag(start, 2, 2);
  writeEnvelopeStart(start, as);
  return Buffer.concat([start.bytes(), cursor.output.subarray(0, cursor.to), ENVELOPE_END]);
}

function memoryOf(message: Message): Memory {
  let memory = memories.get(message);
  if (memory === undefined) {
    memory = newMemory();
    memories.set(message, memory);
  }
  return memory;
}
