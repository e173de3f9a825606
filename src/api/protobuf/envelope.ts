import type { AnyObject } from "../meta.ts";
import { writeTag } from "./element.ts";
import { ProtobufError, UnknownKindError } from "./error.ts";
import { type Message, readMessage, writeMessage } from "./message.ts";
import { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** What every object starts with. */
const magic = Buffer.from("k8s\0", "latin1");

/** What comes after the object's own bytes: Go writes the empty contentEncoding and contentType too. */
export const ENVELOPE_END = Buffer.from([26, 0, 34, 0]);

/** An object as a client sent it. */
export interface DecodedObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** JSON-shaped, with apiVersion and kind. */
  readonly object: AnyObject;
}

/** Finds the message of a kind. */
export type MessageOfKind = (apiVersion: string, kind: string) => Message | undefined;

/** Whether the bytes are an object in protobuf rather than in another encoding. */
export function isEnvelope(bytes: Buffer): boolean {
  return bytes.length >= magic.length && bytes.subarray(0, magic.length).equals(magic);
}

/** Writes `k8s\0` and runtime.Unknown, which holds the kind and the object's own bytes. */
export function writeEnvelope(writer: Writer, message: Message, object: { apiVersion?: string; kind?: string }): void {
  writer.raw(ENVELOPE_END);
  const beforeRaw = writer.length;
  writeMessage(writer, message, object);
  writer.varint(writer.length - beforeRaw);
  writeTag(writer, 2, 2);
  writeEnvelopeStart(writer, object);
}

/** What comes before the object's own bytes and their length. */
export function writeEnvelopeStart(writer: Writer, object: { apiVersion?: string; kind?: string }): void {
  const beforeKind = writer.length;
  writer.string(object.kind ?? "");
  writeTag(writer, 2, 2);
  writer.string(object.apiVersion ?? "");
  writeTag(writer, 1, 2);
  writer.varint(writer.length - beforeKind);
  writeTag(writer, 1, 2);
  writer.raw(magic);
}

/**
 * @param options.depth how many messages the bytes already lie in
 * @param options.expected what the object is when it does not say so itself
 * @throws ProtobufError when the bytes are malformed or of an unknown kind
 */
export function readEnvelope(
  bytes: Buffer,
  messageOfKind: MessageOfKind,
  { depth = 0, expected }: { depth?: number; expected?: { apiVersion: string; kind: string } | undefined } = {},
): DecodedObject {
  if (!isEnvelope(bytes)) {
    throw new ProtobufError("the body does not start with the four bytes that mark a Kubernetes protobuf object");
  }
  const unknown = readUnknown(new Reader(bytes, { start: magic.length, depth }));
  const apiVersion = unknown.apiVersion || expected?.apiVersion || "";
  const kind = unknown.kind || expected?.kind || "";
  const message = messageOfKind(apiVersion, kind);
  if (message === undefined) throw new UnknownKindError(apiVersion, kind);
  return {
    apiVersion,
    kind,
    object: readMessage(new Reader(unknown.raw, { depth }), message, { apiVersion, kind }) as AnyObject,
  };
}

function readUnknown(reader: Reader): { apiVersion: string; kind: string; raw: Buffer } {
  const unknown = { apiVersion: "", kind: "", raw: Buffer.alloc(0) as Buffer };
  while (reader.more()) {
    const tag = reader.varint();
    if (tag === 10) reader.nested(() => readTypeMeta(reader, unknown));
    else if (tag === 18) unknown.raw = reader.chunk();
    else if (tag === 26) {
      const encoding = reader.string();
      if (encoding !== "") throw new ProtobufError(`content encoding "${encoding}" is not supported`);
    } else reader.skip(tag & 7);
  }
  return unknown;
}

function readTypeMeta(reader: Reader, into: { apiVersion: string; kind: string }): void {
  while (reader.more()) {
    const tag = reader.varint();
    if (tag === 10) into.apiVersion = reader.string();
    else if (tag === 18) into.kind = reader.string();
    else reader.skip(tag & 7);
  }
}
