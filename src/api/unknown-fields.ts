import { isJsonObject, type JsonObject, setField } from "./patch/json-value.ts";
import { checkedScalar, checkedSpecial, mismatch, type Place, TypeMismatchError } from "./scalar-values.ts";
import type { Field, Schema, SpecialType } from "./schema.ts";
import { badRequest, type StatusError } from "./status.ts";

/** An object as the API's types hold it, and what the types have no place for. */
export interface NormalizedObject {
  /** A copy: without unknown fields, nulls, and the zero values that Go's `omitempty` leaves out. */
  readonly object: JsonObject;
  /** Paths of unknown fields, e.g. `spec.containers[0].imagee`, in the order found. */
  readonly unknownFields: readonly string[];
}

/**
 * Reads an object as Go's decoder does: fields that the schema does not have are dropped and told, values of the wrong JSON
 * type refused, quantities and times spelled one way.
 *
 * @param definition name of the object's definition in the schema
 * @throws TypeMismatchError
 */
export function normalizeObject(value: JsonObject, schema: Schema, definition: string): NormalizedObject {
  const context: Context = { schema, unknownFields: [] };
  const object = normalizeStruct(value, definition, { context, path: "", place: { struct: "", path: "" } });
  return { object, unknownFields: context.unknownFields };
}

/** The 400 for an object that cannot be read: `Pod in version "v1" cannot be handled as a Pod: …`. */
export function cannotBeHandled(of: { version: string; kind: string }, why: string): StatusError {
  return badRequest(`${of.kind} in version "${of.version}" cannot be handled as a ${of.kind}: ${why}`);
}

/** What strict field validation says, e.g. `strict decoding error: unknown field "spec.foo"`. */
export function strictDecodingMessage(unknown: readonly string[], duplicates: readonly string[] = []): string {
  return `strict decoding error: ${fieldWarnings(unknown, duplicates).join(", ")}`;
}

/** One text a field, for `Warning` headers. */
export function fieldWarnings(unknown: readonly string[], duplicates: readonly string[] = []): string[] {
  return [
    ...duplicates.map((path) => `duplicate field "${path}"`),
    ...unknown.map((path) => `unknown field "${path}"`),
  ];
}

interface Context {
  readonly schema: Schema;
  readonly unknownFields: string[];
}

interface At {
  readonly context: Context;
  /** With indexes, as strict errors name it. */
  readonly path: string;
  readonly place: Place;
}

function normalizeStruct(value: JsonObject, name: string, at: At): JsonObject {
  const fields = at.context.schema.definitions[name]?.fields;
  if (fields === undefined) throw new TypeMismatchError(`the schema has no definition ${name}`);
  const struct = name.slice(name.lastIndexOf(".") + 1);
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const path = at.path === "" ? key : `${at.path}.${key}`;
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined) {
      at.context.unknownFields.push(path);
      continue;
    }
    if (value[key] === null || value[key] === undefined) continue;
    const place = { struct, path: at.place.path === "" ? key : `${at.place.path}.${key}` };
    const normalized = normalizeField(value[key], field, { context: at.context, path, place });
    if (field.keepEmpty === true || !isOmitted(normalized, field)) setField(result, key, normalized);
  }
  return result;
}

function normalizeField(value: unknown, field: Field, at: At): unknown {
  if (field.container === "list") {
    if (!Array.isArray(value)) throw mismatch(value, goType(field), at.place);
    return value.map((each, index) => normalizeElement(each, field, { ...at, path: `${at.path}[${index}]` }));
  }
  if (field.container === "map") {
    if (!isJsonObject(value)) throw mismatch(value, goType(field), at.place);
    const result: JsonObject = {};
    for (const key of Object.keys(value)) {
      setField(result, key, normalizeElement(value[key], field, { ...at, path: `${at.path}.${key}` }));
    }
    return result;
  }
  return normalizeElement(value, field, at);
}

function normalizeElement(value: unknown, field: Field, at: At): unknown {
  if (field.ref !== undefined) {
    const special = at.context.schema.definitions[field.ref]?.special;
    if (special !== undefined && value !== null) {
      return special.startsWith("jsonSchemaProps")
        ? normalizeSchemaUnion(value, special, at)
        : checkedSpecial(value, special, at.place);
    }
    if (special !== undefined) return value;
    if (value === null) return {};
    if (!isJsonObject(value)) throw mismatch(value, goType({ ...field, container: undefined } as Field), at.place);
    return normalizeStruct(value, field.ref, at);
  }
  if (field.type === undefined) return value;
  return value === null ? zeroOf(field) : checkedScalar(value, field, at.place);
}

const SCHEMA = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

/** A schema where others may stand too. Go reads these by code of their own, which does not tell of unknown fields. */
function normalizeSchemaUnion(value: unknown, special: SpecialType, at: At): unknown {
  const inside = { ...at, context: { schema: at.context.schema, unknownFields: [] } };
  if (isJsonObject(value)) return normalizeStruct(value, SCHEMA, inside);
  if (special === "jsonSchemaPropsOrBool") {
    if (typeof value === "boolean") return value;
    throw new TypeMismatchError("boolean or JSON schema expected");
  }
  if (!Array.isArray(value)) throw mismatch(value, "v1.JSONSchemaProps", at.place);
  return value.map((each) => {
    if (special === "jsonSchemaPropsOrArray" && isJsonObject(each)) return normalizeStruct(each, SCHEMA, inside);
    if (special === "jsonSchemaPropsOrStringArray" && typeof each === "string") return each;
    throw mismatch(each, special === "jsonSchemaPropsOrArray" ? "v1.JSONSchemaProps" : "string", at.place);
  });
}

function zeroOf(field: Field): unknown {
  if (field.type === "boolean") return false;
  return field.type === "integer" || field.type === "number" ? 0 : "";
}

/** What `omitempty` leaves out: nothing that is a pointer, no struct. */
function isOmitted(value: unknown, field: Field): boolean {
  if (field.container === "list") return (value as unknown[]).length === 0;
  if (field.container === "map") return Object.keys(value as JsonObject).length === 0;
  if (field.pointer === true || field.ref !== undefined || field.type === undefined) return false;
  return value === zeroOf(field);
}

function goType(field: Field): string {
  const element = field.ref === undefined ? (field.type ?? "interface {}") : field.ref.split(".").slice(-2).join(".");
  const name = element === "boolean" ? "bool" : element === "integer" ? (field.format ?? "int32") : element;
  if (field.container === "list") return `[]${name}`;
  return field.container === "map" ? `map[string]${name}` : name;
}
