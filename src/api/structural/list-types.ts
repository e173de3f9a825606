import { duplicate, type FieldError, invalid } from "../field-error.ts";
import { getField, isJsonObject, type JsonObject, setField } from "../patch/json-value.ts";
import { schemaOfField } from "./compile.ts";
import type { StructuralSchema } from "./structural.ts";

/** Lists that are sets or maps hold each value, or each combination of keys, once: the second of several is told. */
export function validateListTypes(schema: StructuralSchema, object: unknown): FieldError[] {
  const errors: FieldError[] = [];
  walk(object, schema, { path: "", errors });
  return errors;
}

interface At {
  readonly path: string;
  readonly errors: FieldError[];
}

function walk(value: unknown, schema: StructuralSchema, at: At): void {
  if (Array.isArray(value)) {
    if (schema.listType === "set") at.errors.push(...duplicates(value, value, at.path));
    if (schema.listType === "map") at.errors.push(...listMapErrors(value, schema.listMapKeys ?? [], at.path));
    const { items } = schema;
    if (items !== undefined) {
      for (const [index, each] of value.entries()) walk(each, items, { ...at, path: `${at.path}[${index}]` });
    }
    return;
  }
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) {
    const field = schemaOfField(schema, key);
    if (field === undefined) continue;
    const isProperty = schema.properties?.has(key) === true;
    walk(value[key], field, { ...at, path: isProperty ? child(at.path, key) : `${at.path}[${key}]` });
  }
}

const child = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

function listMapErrors(list: readonly unknown[], keys: readonly string[], path: string): FieldError[] {
  const wrong = list.findIndex((each) => each !== null && !isJsonObject(each));
  if (wrong >= 0) {
    return [invalid(`${path}[${wrong}]`, list[wrong], "must be an object for an array of list-type map")];
  }
  const sorted = [...keys].sort();
  return duplicates(
    list.map((element) => keysOf(element as JsonObject | null, sorted)),
    list,
    path,
  );
}

function keysOf(element: JsonObject | null, keys: readonly string[]): JsonObject {
  const found: JsonObject = {};
  for (const key of keys) {
    const value = element === null ? undefined : getField(element, key);
    if (value !== undefined) setField(found, key, value);
  }
  return found;
}

/** @param identities what must be unique, one for each element */
function duplicates(identities: readonly unknown[], list: readonly unknown[], path: string): FieldError[] {
  const seen = new Map<string, number>();
  const errors: FieldError[] = [];
  for (let index = 0; index < list.length; index++) {
    const text = canonical(identities[index]);
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    if (times === 2) errors.push(duplicate(`${path}[${index}]`, identities[index]));
  }
  return errors;
}

/** The value's JSON, its fields sorted. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value) ?? "null";
  const fields = Object.keys(value).sort();
  return `{${fields.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}
