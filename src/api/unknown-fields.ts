import { isJsonObject, type JsonObject, setField } from "./patch/json-value.ts";
import { checkedScalar, checkedSpecial, mismatch, type Place, TypeMismatchError } from "./scalar-values.ts";
import type { Field, Schema, SpecialType } from "./schema.ts";
import { badRequest, type StatusError } from "./status.ts";
import { readSound } from "./typed-reader.ts";

/** An object as the API's types hold it, and what the types have no place for. */
export interface NormalizedObject {
  /** A copy, unless the value was the caller's to give: without unknown fields, nulls, and the zero values that Go's `omitempty` leaves out. */
  readonly object: JsonObject;
  /** Paths of unknown fields, e.g. `spec.containers[0].imagee`, in the order found. */
  readonly unknownFields: readonly string[];
}

/**
 * Reads an object as Go's decoder does: fields that the schema does not have are dropped and told, values of the wrong JSON
 * type refused, quantities and times spelled one way.
 *
 * @param definition name of the object's definition in the schema
 * @param options.known an object that was read before: what the value shares with it, in the same field, is taken as it is and
 * not copied
 * @param options.isOwned whether the value may be changed and become part of the result
 * @throws TypeMismatchError
 */
export function normalizeObject(
  value: JsonObject,
  schema: Schema,
  definition: string,
  options: NormalizeOptions = {},
): NormalizedObject {
  const sound = readSound(value, { schema, definition, ...options });
  if (sound !== undefined) return { object: sound, unknownFields: [] };
  return normalizeStepwise(value, schema, { definition, ...options });
}

export interface NormalizeOptions {
  readonly known?: JsonObject | undefined;
  readonly isOwned?: boolean;
}

/** The same for what may be wrong anywhere: it knows where everything stands. */
export function normalizeStepwise(
  value: JsonObject,
  schema: Schema,
  { definition, known }: NormalizeOptions & { readonly definition: string },
): NormalizedObject {
  const context: Context = { schema, unknownFields: [] };
  const object = normalizeStruct(value, definition, { context, above: undefined, known });
  return { object, unknownFields: context.unknownFields };
}

/** The 400 for an object that cannot be read: `Pod in version "v1" cannot be handled as a Pod: …`. */
export function cannotBeHandled(of: { version: string; kind: string }, why: string): StatusError {
  return badRequest(`${of.kind} in version "${of.version}" cannot be handled as a ${of.kind}: ${why}`);
}

/** What strict field validation says, e.g. `strict decoding error: unknown field "spec.foo"`. */
export function strictDecodingMessage(complaints: readonly string[]): string {
  return `strict decoding error: ${complaints.join(", ")}`;
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

/** Where a value stands. It is written out only when there is something to tell of the value. */
class Position implements Place {
  readonly struct: string;
  readonly #above: Position | undefined;
  /** A field of the struct, a key of a map, or an index of a list. */
  readonly #step: string | number;
  readonly #isField: boolean;

  constructor(above: Position | undefined, step: string | number, struct?: string) {
    this.struct = struct ?? above?.struct ?? "";
    this.#above = above;
    this.#step = step;
    this.#isField = struct !== undefined;
  }

  /** Fields alone, as errors of Go's decoder name it. */
  get path(): string {
    const before = this.#above?.path ?? "";
    if (!this.#isField) return before;
    return before === "" ? String(this.#step) : `${before}.${this.#step}`;
  }

  /** With keys and indexes, as strict errors name it. */
  get wholePath(): string {
    const before = this.#above?.wholePath ?? "";
    if (typeof this.#step === "number") return `${before}[${this.#step}]`;
    return before === "" ? this.#step : `${before}.${this.#step}`;
  }
}

/** What a value is read in: the whole, and the position of what it is part of. */
interface Within {
  readonly context: Context;
  readonly above: Position | undefined;
  readonly known?: unknown;
}

function normalizeStruct(value: JsonObject, name: string, { context, above, known }: Within): JsonObject {
  const fields = context.schema.definitions[name]?.fields;
  if (fields === undefined) throw new TypeMismatchError(`the schema has no definition ${name}`);
  const struct = name.slice(name.lastIndexOf(".") + 1);
  const result: JsonObject = {};
  const before = isJsonObject(known) ? known : undefined;
  for (const key of Object.keys(value)) {
    const was = before?.[key];
    if (typeof was === "object" && was !== null && was === value[key]) {
      setField(result, key, was);
      continue;
    }
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined) {
      context.unknownFields.push(new Position(above, key, struct).wholePath);
      continue;
    }
    if (value[key] === null || value[key] === undefined) continue;
    const normalized = normalizeField(value[key], field, { context, at: new Position(above, key, struct), was });
    if (field.keepEmpty === true || !isOmitted(normalized, field)) setField(result, key, normalized);
  }
  return result;
}

interface Here {
  readonly context: Context;
  readonly at: Position;
  /** What stood here in the known object. */
  readonly was?: unknown;
}

function normalizeField(value: unknown, field: Field, here: Here): unknown {
  const { context, at } = here;
  if (field.container === "list") {
    if (!Array.isArray(value)) throw mismatch(value, goType(field), at);
    return value.map((each, index) => normalizeElement(each, field, { context, at: new Position(at, index) }));
  }
  if (field.container === "map") {
    if (!isJsonObject(value)) throw mismatch(value, goType(field), at);
    const result: JsonObject = {};
    for (const key of Object.keys(value)) {
      setField(result, key, normalizeElement(value[key], field, { context, at: new Position(at, key) }));
    }
    return result;
  }
  return normalizeElement(value, field, here);
}

function normalizeElement(value: unknown, field: Field, { context, at, was }: Here): unknown {
  if (field.ref !== undefined) {
    const special = context.schema.definitions[field.ref]?.special;
    if (special !== undefined && value !== null) {
      return special.startsWith("jsonSchemaProps")
        ? normalizeSchemaUnion(value, special, { context, at })
        : checkedSpecial(value, special, at);
    }
    if (special !== undefined) return value;
    if (value === null) return {};
    if (!isJsonObject(value)) throw mismatch(value, goType({ ...field, container: undefined } as Field), at);
    return normalizeStruct(value, field.ref, { context, above: at, known: was });
  }
  if (field.type === undefined) return value;
  return value === null ? zeroOf(field) : checkedScalar(value, field, at);
}

const SCHEMA = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

/** A schema where others may stand too. Go reads these by code of their own, which does not tell of unknown fields. */
function normalizeSchemaUnion(value: unknown, special: SpecialType, { context, at }: Here): unknown {
  const inside = { context: { schema: context.schema, unknownFields: [] }, above: at };
  if (isJsonObject(value)) return normalizeStruct(value, SCHEMA, inside);
  if (special === "jsonSchemaPropsOrBool") {
    if (typeof value === "boolean") return value;
    throw new TypeMismatchError("boolean or JSON schema expected");
  }
  if (!Array.isArray(value)) throw mismatch(value, "v1.JSONSchemaProps", at);
  return value.map((each) => {
    if (special === "jsonSchemaPropsOrArray" && isJsonObject(each)) return normalizeStruct(each, SCHEMA, inside);
    if (special === "jsonSchemaPropsOrStringArray" && typeof each === "string") return each;
    throw mismatch(each, special === "jsonSchemaPropsOrArray" ? "v1.JSONSchemaProps" : "string", at);
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
