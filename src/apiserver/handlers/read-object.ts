import { fieldComplaints, findDuplicateFields } from "../../api/duplicate-fields.ts";
import type { ApiObject, ObjectMeta } from "../../api/meta.ts";
import { isJsonObject, type JsonObject } from "../../api/patch/json-value.ts";
import { typedErrors, typedPath } from "../../api/patch/typed-errors.ts";
import { TypeMismatchError } from "../../api/scalar-values.ts";
import { badRequest, type StatusError } from "../../api/status.ts";
import { cannotBeHandled, fieldWarnings, strictDecodingMessage } from "../../api/unknown-fields.ts";
import type { Exchange } from "../exchange.ts";
import type { ServedResource } from "../registry/resource.ts";

/** What reading an object needs of its resource. */
export interface ReadableType {
  readonly schema: { readonly version: string; readonly kind: string };
  readonly normalize: ServedResource["normalize"];
  readonly custom?: ServedResource["custom"];
}

/** Why an object cannot be read. */
export interface Unreadable {
  readonly why: string;
  readonly mismatch?: TypeMismatchError | undefined;
}

/** As upstream: more of them help nobody. */
const STRICT_ERRORS_MAX = 100;

/**
 * An object that a client sent, as the API's types hold it: a copy that belongs to the caller, but for what is known. What the
 * types have no place for is dropped, and told or refused as the query's fieldValidation says.
 * @throws StatusError BadRequest, or what `refuse` makes of it
 */
export function readObject(
  resource: ReadableType,
  sent: {
    readonly value: ApiObject;
    readonly json?: string | undefined;
    /** How many fields that text has, where somebody has counted them. */
    readonly fields?: number | undefined;
    readonly duplicates?: readonly string[] | undefined;
    /** What strict validation has against the way in which it was sent. */
    readonly complaints?: () => readonly string[];
    /** Nobody else has the value. */
    readonly isOwned?: boolean;
    readonly refuse?: (found: Unreadable) => StatusError;
    /** An object of this type of which the value may have parts: they are not read again, and shared with it. */
    readonly known?: ApiObject | undefined;
  },
  exchange: Exchange,
): ApiObject {
  const level = validationLevel(exchange.query.get("fieldValidation"));
  const { known, refuse = ({ why }) => cannotBeHandled(resource.schema, why), duplicates: lines = [] } = sent;
  const { value, json, isOwned } = sent;
  // Before the value may change.
  const duplicates =
    json === undefined || level === "Ignore" ? [] : findDuplicateFields(json, { value, fields: sent.fields });
  const isReset = saysNobodyOwnsAnything(value);
  const { object, unknownFields } = normalized(resource, value, { known, isOwned, refuse });
  if (isReset) (object as ApiObject).metadata!.managedFields = [];
  if (level === "Ignore") return object as ApiObject;
  const found = { unknownFields, duplicates, ...(resource.custom === undefined && { value, json }) };
  const complaints = [...(sent.complaints?.() ?? []).slice(0, STRICT_ERRORS_MAX), ...strictComplaints(found)];
  if (lines.length + complaints.length === 0) return object as ApiObject;
  if (level === "Strict") throw refuse({ why: strictDecodingMessage([...yamlErrors(lines), ...complaints]) });
  exchange.warnings.push(...lines, ...complaints);
  return object as ApiObject;
}

/**
 * Upstream reads built-in kinds in one go, and custom resources first as JSON, then by their schema. What was no JSON becomes it
 * with its keys sorted.
 */
function strictComplaints(found: {
  readonly unknownFields: readonly string[];
  readonly duplicates: readonly string[];
  readonly json?: string | undefined;
  /** Of a built-in kind. */
  readonly value?: ApiObject;
}): string[] {
  const { unknownFields, duplicates, json, value } = found;
  const text = json === undefined && unknownFields.length > 1 && value !== undefined ? sortedJson(value) : json;
  if (text !== undefined && (duplicates.length > 0 || json === undefined))
    return fieldComplaints(text, unknownFields).slice(0, STRICT_ERRORS_MAX);
  return fieldWarnings(unknownFields.slice(0, STRICT_ERRORS_MAX), duplicates.slice(0, STRICT_ERRORS_MAX));
}

const sortedJson = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) =>
    isJsonObject(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each,
  );

/** The one list of which it matters that it is there and empty, which the types leave out. */
function saysNobodyOwnsAnything({ metadata }: ApiObject): boolean {
  const { managedFields } = isJsonObject(metadata) ? (metadata as ObjectMeta) : {};
  return Array.isArray(managedFields) && managedFields.length === 0;
}

/**
 * A configuration that is applied, as its owner said it: who says `false` or `null` owns that, and a quantity counts as it is
 * spelled. Ownership is decided field by field, so a field that nobody knows is refused, whatever fieldValidation says.
 * @throws StatusError BadRequest
 */
export function readConfiguration(
  resource: ServedResource,
  { value, duplicates }: { readonly value: ApiObject; readonly duplicates?: readonly string[] | undefined },
  exchange: Exchange,
): ApiObject {
  const refuse = ({ why }: Unreadable) =>
    refusedConfiguration(resource, value) ?? cannotBeHandled(resource.schema, why);
  const { object, unknownFields } = normalized(resource, value, { isConfiguration: true, refuse });
  if (unknownFields.length === 0) {
    checkLines(duplicates, validationLevel(exchange.query.get("fieldValidation")), exchange);
    return resource.custom === undefined ? value : (object as ApiObject);
  }
  const typed = { value: value as JsonObject, schema: resource.allSchema, definition: resource.schema.definition };
  const unknown = unknownFields.map((path) => `${typedPath(path, typed)}: field not declared in schema`);
  throw refusedConfiguration(resource, value) ?? untyped(value, unknown);
}

/** What is wrong with a configuration by the types of server-side apply, all of it; undefined where nothing is known to be. */
export function refusedConfiguration({ allSchema, custom, schema }: ServedResource, value: ApiObject) {
  const errors = custom === undefined ? typedErrors(value as JsonObject, allSchema, schema.definition) : [];
  return errors.length === 0 ? undefined : untyped(value, errors);
}

function untyped({ metadata, apiVersion, kind }: ApiObject, all: readonly string[]): StatusError {
  // What is no text names nothing.
  const [namespace, name] = [metadata?.namespace, metadata?.name].map((each) => (typeof each === "string" ? each : ""));
  const subject = `${namespace}/${name}; ${apiVersion}, Kind=${kind}`;
  const errors = all.slice(0, STRICT_ERRORS_MAX);
  const told = errors.length === 1 ? errors[0] : `errors:\n${errors.map((each) => `  ${each}`).join("\n")}`;
  return badRequest(`failed to create typed patch object (${subject}): ${told}`);
}

/** What the lines of a YAML document say twice. */
function checkLines(lines: readonly string[] = [], level: string, exchange: Exchange): void {
  if (lines.length === 0 || level === "Ignore") return;
  if (level === "Strict")
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${yamlErrors(lines)[0]}`);
  exchange.warnings.push(...lines);
}

/** All lines are one error. */
function yamlErrors(lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [`yaml: unmarshal errors:\n${lines.map((line) => `  ${line}`).join("\n")}`];
}

function normalized(
  resource: ReadableType,
  value: ApiObject,
  of: Parameters<ReadableType["normalize"]>[1] & { refuse: (found: Unreadable) => StatusError },
) {
  const { refuse, ...options } = of;
  try {
    return resource.normalize(value as JsonObject, options);
  } catch (error) {
    if (error instanceof TypeMismatchError) throw refuse({ why: error.message, mismatch: error });
    throw error;
  }
}

function validationLevel(asked: string | null): "Ignore" | "Warn" | "Strict" {
  if (asked === null || asked === "") return "Warn";
  // Others are refused where the options are read.
  return asked === "Ignore" || asked === "Strict" ? asked : "Warn";
}
