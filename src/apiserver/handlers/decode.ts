import { duplicateFieldLines, findDuplicateFields } from "../../api/duplicate-fields.ts";
import { invalid, invalidObject } from "../../api/field-error.ts";
import { type ApiObject, apiVersionOf } from "../../api/meta.ts";
import { UnknownKindError } from "../../api/protobuf/error.ts";
import type { GroupVersionKind } from "../../api/schema.ts";
import { badRequest, hasReason, type StatusError, unsupportedMediaType } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import type { RequestBody } from "../exchange.ts";
import { type JsonText, parseJsonText } from "./json-text.ts";
import { refusedKind, wrongVersion } from "./refused-kind.ts";

export const JSON_TYPE = "application/json";
export const YAML_TYPE = "application/yaml";
export const PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf";
const OBJECT_TYPES = [JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE];

/** A decoded body and, where it was text, that text: duplicate fields can be found only there. */
export interface DecodedBody {
  readonly value: unknown;
  readonly json?: string;
  /** How many fields the text has. */
  readonly fields?: number;
  /** Fields that come twice, as far as they are known: of YAML. */
  readonly duplicates?: readonly string[];
  /** As they came; absent where the value was handed over in process. */
  readonly bytes?: Buffer;
}

/** `application/json; charset=utf-8` → `application/json`. */
export function mediaType(contentType: string): string {
  return contentType.split(";", 1)[0]!.trim().toLowerCase();
}

/**
 * Reads the body as JSON, YAML or protobuf. The answer may be shared with who sent it: read it, copy it to change it.
 * @throws StatusError BadRequest, UnsupportedMediaType, RequestEntityTooLarge
 */
export async function decodeBody(body: RequestBody): Promise<DecodedBody> {
  return body.value === undefined ? decodeBytes(body) : { value: body.value };
}

/** @param expected what a message is that does not say so */
async function decodeBytes(body: RequestBody, expected?: GroupVersionKind): Promise<DecodedBody> {
  const bytes = await body.read();
  const type = mediaType(body.contentType) || JSON_TYPE;
  if (type === JSON_TYPE) return { ...parseJsonText(bytes), bytes };
  if (type === YAML_TYPE) return { ...(await parseYaml(bytes)), bytes };
  if (type === PROTOBUF_TYPE) return { value: await parseProtobuf(bytes, expected), bytes };
  throw unsupportedMediaType(OBJECT_TYPES);
}

/**
 * Reads the body of a write.
 * @throws StatusError BadRequest that names the kind and shows the body's beginning; UnsupportedMediaType, RequestEntityTooLarge
 */
export async function decodeBodyOf(expected: GroupVersionKind, body: RequestBody): Promise<DecodedBody> {
  if (body.value !== undefined) return { value: body.value };
  try {
    return await decodeBytes(body, expected);
  } catch (error) {
    if (error instanceof UnknownKindError) throw refusedKind(error, expected);
    if (!hasReason(error, "BadRequest")) throw error;
    throw unrecognized(expected.kind, error.message, await body.read());
  }
}

function unrecognized(kind: string, why: string, bytes: Buffer | undefined): StatusError {
  const beginning = bytes === undefined ? "" : ` (${beginningOf(bytes)})`;
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why}${beginning}`);
}

const BEGINNING_BYTES = 30;

/** As upstream: what may be JSON as text, all else in hexadecimal digits. */
function beginningOf(bytes: Buffer): string {
  if (bytes.length === 0) return "<empty>";
  const shown = bytes.subarray(0, BEGINNING_BYTES).toString(bytes[0] === 0x7b ? "utf8" : "hex");
  return bytes.length > BEGINNING_BYTES ? `${shown} ...` : shown;
}

/** The body as an object of the expected kind, which what is built in need not name. @throws StatusError BadRequest, Invalid */
export function expectObject(
  { value, bytes }: DecodedBody,
  expected: GroupVersionKind,
  { isCustom = false } = {},
): ApiObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw unrecognized(expected.kind, "the body is not an object", bytes);
  }
  const { apiVersion, kind, ...object } = value as Record<string, unknown>;
  const wanted = { apiVersion: apiVersionOf(expected), kind: expected.kind };
  if (apiVersion !== wanted.apiVersion || kind !== wanted.kind) {
    const got = saidKind({ apiVersion, kind }, { expected, bytes });
    if (isCustom && bytes !== undefined) checkCustomKind(got, object.metadata, { expected, bytes });
    else {
      const read = { apiVersion: got.apiVersion || wanted.apiVersion, kind: got.kind || wanted.kind };
      if (read.apiVersion !== wanted.apiVersion || read.kind !== wanted.kind) throw refusedKind(read, expected);
    }
  }
  if (object.metadata === null) delete object.metadata;
  if (object.metadata !== undefined && typeof object.metadata !== "object") {
    throw badRequest(
      `${expected.kind} in version "${expected.version}" cannot be handled as a ${expected.kind}: metadata is not an object`,
    );
  }
  return { ...object, ...wanted } as ApiObject;
}

interface Said {
  readonly apiVersion: string;
  readonly kind: string;
}

/** The core group, which has no name, may be written as a group without a name. */
const asWritten = (apiVersion: string): string => apiVersion.replace(/^\/(?=[^/]+$)/, "");

/** @throws StatusError BadRequest for what is no text */
function saidKind(
  { apiVersion, kind }: { apiVersion: unknown; kind: unknown },
  { expected, bytes }: { expected: GroupVersionKind; bytes: Buffer | undefined },
): Said {
  try {
    return { apiVersion: asWritten(textOf(apiVersion, "apiVersion") ?? ""), kind: textOf(kind, "kind") ?? "" };
  } catch (error) {
    throw unrecognized(expected.kind, errorMessage(error), bytes);
  }
}

/** What is custom has one Go type for all kinds: it must name its own, is read first, and found wrong then. */
function checkCustomKind(
  { apiVersion, kind }: Said,
  metadata: unknown,
  { expected, bytes }: { expected: GroupVersionKind; bytes: Buffer },
): void {
  if (kind === "") throw unrecognized(expected.kind, `Object 'Kind' is missing in '${bytes.toString()}'`, bytes);
  if (apiVersion !== apiVersionOf(expected)) throw wrongVersion(apiVersion, expected);
  const { name } = (metadata ?? {}) as { name?: unknown };
  const errors = [invalid("kind", kind, `must be ${expected.kind}`)];
  throw invalidObject({ group: expected.group, kind }, typeof name === "string" ? name : "", errors);
}

/** A text that may be missing. @throws StatusError BadRequest */
export function textOf(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  const type = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  const why = `json: cannot unmarshal ${type} into Go struct field .${field} of type string`;
  throw badRequest(`couldn't get version/kind; json parse error: ${why}`);
}

/** YAML. Most of it is JSON in truth, which is read very much faster; what is said twice is told as of YAML. */
export async function parseYaml(bytes: Buffer): Promise<DecodedBody> {
  const { parseYamlText } = await import("./yaml-text.ts");
  if (bytes[0] !== 0x7b) return parseYamlText(bytes);
  let read: JsonText;
  try {
    read = parseJsonText(bytes);
  } catch {
    return parseYamlText(bytes);
  }
  const { value, json } = read;
  return { value, ...(findDuplicateFields(json, read).length > 0 && { duplicates: duplicateFieldLines(json) }) };
}

/** @throws UnknownKindError for a kind that there is not, where one is expected */
async function parseProtobuf(bytes: Buffer, expected: GroupVersionKind | undefined): Promise<unknown> {
  const { decodeObject } = await import("../../api/protobuf/decode.ts");
  try {
    return decodeObject(bytes, expected && { apiVersion: apiVersionOf(expected), kind: expected.kind }).object;
  } catch (error) {
    if (error instanceof UnknownKindError && expected !== undefined) throw error;
    throw badRequest(`the protobuf body cannot be decoded: ${errorMessage(error)}`);
  }
}
