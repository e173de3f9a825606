import { type ApiObject, apiVersionOf } from "../../api/meta.ts";
import { badRequest, unsupportedMediaType } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import type { RequestBody } from "../exchange.ts";

export const JSON_TYPE = "application/json";
export const YAML_TYPE = "application/yaml";
export const PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf";
const OBJECT_TYPES = [JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE];

/** A decoded body and, where it was text, that text: duplicate fields can be found only there. */
export interface DecodedBody {
  readonly value: unknown;
  readonly json?: string;
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
      return parseJson(bytes);
    case YAML_TYPE:
      return parseYaml(bytes);
    case PROTOBUF_TYPE:
      return { value: await parseProtobuf(bytes) };
    default:
      throw unsupportedMediaType(OBJECT_TYPES);
  }
}

/** The body as an object of the expected kind (or any of `others`). */
export function expectObject(value: unknown, expected: { group: string; version: string; kind: string }): ApiObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): the body is not an object`,
    );
  }
  const object = value as ApiObject;
  const apiVersion = apiVersionOf(expected);
  if ((object.apiVersion ?? apiVersion) !== apiVersion || (object.kind ?? expected.kind) !== expected.kind) {
    const got = `${object.kind ?? ""} in version "${object.apiVersion ?? ""}"`;
    const message =
      object.kind === expected.kind
        ? `the API version in the data (${object.apiVersion}) does not match the expected API version (${apiVersion})`
        : `${got} cannot be handled as a ${expected.kind}: the kind or API version does not match the URL`;
    throw badRequest(message);
  }
  if (object.metadata !== undefined && (typeof object.metadata !== "object" || object.metadata === null)) {
    throw badRequest(
      `${expected.kind} in version "${expected.version}" cannot be handled as a ${expected.kind}: metadata is not an object`,
    );
  }
  return { ...object, apiVersion, kind: expected.kind };
}

/** JSON text that is UTF-8, parsed. Duplicate keys are found by who asks for them. */
export function parseJson(bytes: Buffer): DecodedBody {
  if (bytes.length === 0) throw badRequest("the request body is empty; an object is expected");
  let json: string;
  try {
    json = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw badRequest("the request body is not valid UTF-8");
  }
  try {
    return { value: JSON.parse(json), json };
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${errorMessage(error)}`);
  }
}

/** YAML. Of keys that come twice the last one counts; the first such place is told. */
export async function parseYaml(bytes: Buffer): Promise<DecodedBody> {
  const { load, CORE_SCHEMA, YAMLException } = await import("js-yaml");
  const text = bytes.toString("utf8");
  try {
    return { value: load(text, { schema: CORE_SCHEMA }) };
  } catch (error) {
    const isDuplicate = error instanceof YAMLException && error.reason === "duplicated mapping key";
    if (!isDuplicate || error.mark === undefined) throw notYaml(error);
    const { line } = error.mark;
    const key = /^[\s-]*["']?([^"':]+)/.exec(text.split("\n")[line] ?? "")?.[1] ?? "";
    try {
      const duplicates = [`line ${line + 1}: key ${JSON.stringify(key)} already set in map`];
      return { value: load(text, { schema: CORE_SCHEMA, json: true }), duplicates };
    } catch (second) {
      throw notYaml(second);
    }
  }
}

function notYaml(error: unknown): Error {
  return badRequest(`error converting YAML to JSON: ${errorMessage(error)}`);
}

async function parseProtobuf(bytes: Buffer): Promise<unknown> {
  const { decodeObject } = await import("../../api/protobuf/decode.ts");
  try {
    return decodeObject(bytes).object;
  } catch (error) {
    throw badRequest(`the protobuf body cannot be decoded: ${errorMessage(error)}`);
  }
}
