import type { Definition, Field, Schema } from "../schema.ts";
import { badRequest } from "../status.ts";
import { isJsonObject, type JsonObject } from "./json-value.ts";
import { zeroOfScalar } from "./zero-values.ts";

/** How a value merges, by its type in the schema. A type that is not known is told from the value. */
export type FieldType =
  | { readonly kind: "scalar" }
  | { readonly kind: "atomic" }
  | { readonly kind: "untyped" }
  | { readonly kind: "struct"; readonly definition: Definition }
  | { readonly kind: "map"; readonly element: FieldType }
  | { readonly kind: "set" }
  /** Keys are in the order of their names, as fieldsV1 has them. */
  | { readonly kind: "list"; readonly keys: readonly ListKey[]; readonly element: FieldType };

/** A field that tells elements of a list apart, and what it is where an element leaves it out. */
export interface ListKey {
  readonly name: string;
  readonly default?: unknown;
}

const UNTYPED: FieldType = { kind: "untyped" };
const ATOMIC: FieldType = { kind: "atomic" };
const SCALAR: FieldType = { kind: "scalar" };

/** The type of objects with that definition; without one nothing is known. */
export function typeOfDefinition(schema: Schema, name: string | undefined): FieldType {
  const definition = name === undefined ? undefined : schema.definitions[name];
  if (definition === undefined) return UNTYPED;
  if (definition.special !== undefined) return typeOfSpecial(definition.special);
  if (definition.value !== undefined) return typeOfField(schema, definition.value);
  return definition.mapType === "atomic" ? ATOMIC : { kind: "struct", definition };
}

function typeOfSpecial(special: string): FieldType {
  if (special === "fieldsV1") return UNTYPED;
  return ["raw", "json", "extraValue", "verbs"].includes(special) || special.startsWith("jsonSchemaProps")
    ? ATOMIC
    : SCALAR;
}

/** By field: a walk over an object asks for the same few again and again. A field belongs to one schema. */
const typesOfFields = new WeakMap<Field, FieldType>();

/** The type of a field of a struct. */
function typeOfField(schema: Schema, field: Field | undefined): FieldType {
  if (field === undefined) return UNTYPED;
  let type = typesOfFields.get(field);
  if (type === undefined) {
    type = readType(schema, field);
    typesOfFields.set(field, type);
  }
  return type;
}

function readType(schema: Schema, field: Field): FieldType {
  if (field.container === undefined) {
    if (field.mapType === "atomic") return ATOMIC;
    // What a field says of its struct goes before what the struct says of itself.
    const definition =
      field.mapType === "granular" && field.ref !== undefined ? schema.definitions[field.ref] : undefined;
    return definition?.mapType === "atomic" ? { kind: "struct", definition } : typeOfElement(schema, field);
  }
  if (field.container === "map") {
    return field.mapType === "atomic" ? ATOMIC : { kind: "map", element: typeOfElement(schema, field) };
  }
  if (field.listType === "set") return { kind: "set" };
  if (field.listType !== "map") return ATOMIC;
  return { kind: "list", keys: keysOfList(schema, field), element: typeOfElement(schema, field) };
}

/** What tells elements of a keyed list apart. A key that Go writes even when nobody set it is what it is then. */
export function keysOfList(schema: Schema, list: Field): ListKey[] {
  const fields = list.ref === undefined ? undefined : schema.definitions[list.ref]?.fields;
  return (list.listMapKeys ?? []).toSorted().map((name) => {
    const { default: preset, keepEmpty, pointer, ref, type } = fields?.[name] ?? {};
    const isWritten = keepEmpty === true && pointer !== true && ref === undefined;
    return { name, default: preset ?? (isWritten ? zeroOfScalar(type) : undefined) };
  });
}

/** The keys of an element with their values; undefined when it has none of them. */
export function keysOfElement(keys: readonly ListKey[], element: JsonObject): JsonObject | undefined {
  let found: JsonObject | undefined;
  for (const { name, default: preset } of keys) {
    const value = Object.hasOwn(element, name) ? element[name] : preset;
    if (value !== undefined) (found ??= {})[name] = value;
  }
  return found;
}

function typeOfElement(schema: Schema, field: Field): FieldType {
  if (field.ref !== undefined) return typeOfDefinition(schema, field.ref);
  return field.type === undefined ? UNTYPED : SCALAR;
}

/** A type that is not known becomes one: objects merge by field, lists are replaced. */
export function resolveType(type: FieldType, ...values: readonly unknown[]): FieldType {
  if (type.kind !== "untyped") return type;
  return values.some(isJsonObject) ? { kind: "map", element: UNTYPED } : ATOMIC;
}

/** The type below a field of a struct or a key of a map. */
export function typeBelow(schema: Schema, type: FieldType, key: string): FieldType {
  if (type.kind === "map") return type.element;
  if (type.kind !== "struct") return UNTYPED;
  const { fields } = type.definition;
  return typeOfField(schema, Object.hasOwn(fields, key) ? fields[key] : undefined);
}

/** The element's place in its list, as fieldsV1 writes it: by the keys that it has. @throws StatusError when it has none */
export function elementKey(type: FieldType & { kind: "list" | "set" }, element: unknown): string {
  if (type.kind === "set") return `v:${JSON.stringify(element)}`;
  if (!isJsonObject(element)) throw badRequest("associative list with keys may not have non-map elements");
  const keys = keysOfElement(type.keys, element);
  if (keys === undefined) {
    throw badRequest(`associative list with keys ${omitsKeys(type.keys.map(({ name }) => name))}`);
  }
  return `k:${JSON.stringify(keys)}`;
}

/** What is wrong with an element that has none of its list's keys. */
export function omitsKeys(keys: readonly string[]): string {
  const named = keys.map((key) => JSON.stringify(key)).join(" ");
  return `has an element that omits all key fields [${named}] (and doesn't have default values for any key fields)`;
}

/** Elements of a list by their place; several only where a list that is not applied repeats itself. */
export function elementsByKey(type: FieldType & { kind: "list" | "set" }, list: unknown): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const element of Array.isArray(list) ? list : []) {
    const key = elementKey(type, element);
    const before = found.get(key);
    if (before === undefined) found.set(key, [element]);
    else before.push(element);
  }
  return found;
}
