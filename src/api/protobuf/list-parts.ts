import { writeTag } from "./element.ts";
import { ENVELOPE_END, writeEnvelopeStart } from "./envelope.ts";
import { ProtobufError } from "./error.ts";
import { writeMessage } from "./message.ts";
import { builtInMessages } from "./messages.ts";
import { Writer } from "./writer.ts";

/** Encodes a long list piece by piece: parts of a message put one after the other are the message. */
export interface ListParts {
  /** Some fields of the list, e.g. its metadata, or the next of its items. @throws ProtobufError */
  part(fields: { metadata: object } | { items: readonly object[] }): Buffer;
  /** What comes before and after all parts, which are `size` bytes together. */
  around(size: number): { readonly start: Buffer; readonly end: Buffer };
}

/** @throws ProtobufError when there is no such built-in kind of list */
export function listParts({ apiVersion, kind }: { apiVersion: string; kind: string }): ListParts {
  const message = builtInMessages().ofKind(apiVersion, kind);
  if (message === undefined) throw new ProtobufError(`no kind "${kind}" is registered for version "${apiVersion}"`);
  return {
    part(fields) {
      const writer = new Writer();
      writeMessage(writer, message, fields);
      return writer.bytes();
    },
    around(size) {
      const writer = new Writer();
      writer.varint(size);
      writeTag(writer, 2, 2);
      writeEnvelopeStart(writer, { apiVersion, kind });
      return { start: writer.bytes(), end: ENVELOPE_END };
    },
  };
}
