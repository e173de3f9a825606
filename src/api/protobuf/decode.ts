import { type DecodedObject, readEnvelope } from "./envelope.ts";
import { builtInMessages } from "./messages.ts";

/**
 * Decodes an object that a client or encodeObject made. Fields that the kind does not have are dropped.
 *
 * @param expected what the object is when it does not say so itself
 * @throws ProtobufError, with a message for the client, when the bytes are malformed or of an unknown kind
 */
export function decodeObject(bytes: Buffer, expected?: { apiVersion: string; kind: string }): DecodedObject {
  return readEnvelope(bytes, builtInMessages().ofKind, { expected });
}
