import type { ApiObject } from "../meta.ts";
import { writeEnvelope } from "./envelope.ts";
import { ProtobufError } from "./error.ts";
import { builtInMessages } from "./messages.ts";
import { Writer } from "./writer.ts";

/**
 * Encodes a JSON-shaped object as clients of Kubernetes expect it: `k8s\0`, then the object inside runtime.Unknown.
 *
 * @param object with apiVersion and kind; may be a list. What says no apiVersion, as the oldest discovery documents do, is of v1
 * @param definition OpenAPI name of its type; found by apiVersion and kind when absent
 * @throws ProtobufError when a field is not of its type, or there is no such built-in kind
 */
export function encodeObject(object: ApiObject, definition?: string): Buffer {
  const { apiVersion = "", kind = "" } = object;
  const messages = builtInMessages();
  const message = definition === undefined ? messages.ofKind(apiVersion || "v1", kind) : messages.message(definition);
  if (message === undefined) throw new ProtobufError(`no kind "${kind}" is registered for version "${apiVersion}"`);
  const writer = new Writer();
  writeEnvelope(writer, message, object);
  return writer.bytes();
}
