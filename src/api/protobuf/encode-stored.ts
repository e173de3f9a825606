import { writeTag } from "./element.ts";
import { ENVELOPE_END, writeEnvelopeStart } from "./envelope.ts";
import { ProtobufError } from "./error.ts";
import { jsonCursor, reached, writeInto } from "./json-cursor.ts";
import { builtInMessages } from "./messages.ts";
import { shapeOf, transcodeMessage } from "./transcode.ts";
import { Writer } from "./writer.ts";

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
  const cursor = jsonCursor(json, Buffer.allocUnsafe(json.length + ROOM));
  for (;;) {
    transcodeMessage(cursor, shape);
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
