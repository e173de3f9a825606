import { duplicateFieldLines, findDuplicateFields } from "../../api/duplicate-fields.ts";
import { invalid, invalidObject } from "../../api/field-error.ts";
import { type ApiObject, apiVersionOf } from "../../api/meta.ts";
import { badRequest, hasReason, unsupportedMediaType } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import type { RequestBody } from "../exchange.ts";
import { type JsonText, parseJsonText } from "./json-text.ts";

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
  if (body.value !== undefined) return { value: body.value };
  const bytes = await body.read();
  const type = mediaType(body.contentType) || JSON_TYPE;
  switch (type) {
    case JSON_TYPE:
      return parseJsonText(bytes);
    case YAML_TYPE:
      return parseYaml(bytes);
    case PROTOBUF_TYPE:
      return { value: await parseProtobuf(bytes) };
    default:
      throw unsupportedMediaType(OBJECT_TYPES);
  }
}

/**
 * Reads the body of a write.
 * @throws StatusError BadRequest that names the kind and shows the body's beginning; UnsupportedMediaType, RequestEntityTooLarge
 */
export async function decodeBodyOf(kind: string, body: RequestBody): Promise<DecodedBody> {
  try {
    return await decodeBody(body);
  } catch (error) {
    if (!hasReason(error, "BadRequest")) throw error;
    const beginning = beginningOf(await body.read());
    throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${error.message} (${beginning})`);
  }
}

const BEGINNING_BYTES = 30;

/** As upstream: what may be JSON as text, all else in hexadecimal digits. */
function beginningOf(bytes: Buffer): string {
  if (bytes.length === 0) return "<empty>";
  const shown = bytes.subarray(0, BEGINNING_BYTES).toString(bytes[0] === 0x7b ? "utf8" : "hex");
  return bytes.length > BEGINNING_BYTES ? `${shown} ...` : shown;
}

/** The body as an object of the expected kind. @throws StatusError BadRequest */
export function expectObject(
  value: unknown,
  expected: { group: string; version: string; kind: string },
  { isCustom = false } = {},
): ApiObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): the body is not an object`,
    );
  }
  const { apiVersion, kind, ...object } = value as Record<string, unknown>;
  const wanted = { apiVersion: apiVersionOf(expected), kind: expected.kind };
  const got = { apiVersion: textOf(apiVersion, "apiVersion"), kind: textOf(kind, "kind") };
  // What is custom has one Go type for all kinds: it is read first, and found wrong then.
  if (
    isCustom &&
    (got.apiVersion ?? wanted.apiVersion) === wanted.apiVersion &&
    (got.kind ?? wanted.kind) !== wanted.kind
  ) {
    const { name } = (object.metadata ?? {}) as { name?: unknown };
    const errors = [invalid("kind", got.kind, `must be ${wanted.kind}`)];
    throw invalidObject({ group: expected.group, kind: got.kind ?? "" }, typeof name === "string" ? name : "", errors);
  }
  if ((got.apiVersion ?? wanted.apiVersion) !== wanted.apiVersion || (got.kind ?? wanted.kind) !== wanted.kind) {
    const message =
      got.kind === wanted.kind
        ? `the API version in the data (${got.apiVersion}) does not match the expected API version (${wanted.apiVersion})`
        : `${got.kind ?? ""} in version "${got.apiVersion ?? ""}" cannot be handled as a ${expected.kind}: the kind or API version does not match the URL`;
    throw badRequest(message);
  }
  if (object.metadata === null) delete object.metadata;
  if (object.metadata !== undefined && typeof object.metadata !== "object") {
    throw badRequest(
      `${expected.kind} in version "${expected.version}" cannot be handled as a ${expected.kind}: metadata is not an object`,
    );
  }
  return { ...object, ...wanted } as ApiObject;
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

async function parseProtobuf(bytes: Buffer): Promise<unknown> {
  const { decodeObject } = await import("../../api/protobuf/decode.ts");
  try {
    return decodeObject(bytes).object;
  } catch (error) {
    throw badRequest(`the protobuf body cannot be decoded: ${errorMessage(error)}`);
  }
}
