import { type DecodedObject, readEnvelope } from "./envelope.ts";
import { builtInMessages } from "./messages.ts";
import { pastMessage } from "./past-messages.ts";

/**
 * Decodes an object that a client or encodeObject made. Fields that the kind does not have are dropped.
 *
 * @param expected what the object is when it does not say so itself
 * @throws ProtobufError, with a message for the client, when the bytes are malformed or of an unknown kind
 */
export function decodeObject(bytes: Buffer, expected?: { apiVersion: string; kind: string }): DecodedObject {
  return readEnvelope(bytes, builtInMessages().ofKind, { expected });
}

/**
 * Decodes what an API server has stored, which may be of a version that is served no more: by the names of v1's fields
 * (past-versions.ts). @throws ProtobufError
 */
export function decodeStoredObject(bytes: Buffer): DecodedObject {
  const known = builtInMessages();
  return readEnvelope(bytes, (apiVersion, kind) => known.ofKind(apiVersion, kind) ?? pastMessage(apiVersion, kind));
}
