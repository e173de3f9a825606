import { duplicate, type FieldError, invalid } from "../field-error.ts";
import { getField, isJsonObject, type JsonObject, setField } from "../patch/json-value.ts";
import type { StructuralSchema } from "./structural.ts";
import { walk } from "./walk.ts";

/** Lists that are sets or maps hold each value, or each combination of keys, once: the second of several is told. */
export function validateListTypes(schema: StructuralSchema, object: unknown): FieldError[] {
  const errors: FieldError[] = [];
  walk(object, schema, (value, { listType, listMapKeys = [] }, path) => {
    if (!Array.isArray(value)) return;
    if (listType === "set") errors.push(...duplicates(value, path));
    if (listType === "map") errors.push(...listMapErrors(value, listMapKeys, path));
  });
  return errors;
}

function listMapErrors(list: readonly unknown[], keys: readonly string[], path: string): FieldError[] {
  const wrong = list.findIndex((each) => each !== null && !isJsonObject(each));
  if (wrong >= 0) {
    return [invalid(`${path}[${wrong}]`, list[wrong], "must be an object for an array of list-type map")];
  }
  if (list.length < 2 || !mayRepeat(list, keys)) return [];
  const sorted = [...keys].sort();
  const identities = list.map((element) => keysOf(element as JsonObject | null, sorted));
  return duplicates(identities, path);
}

/** Most lists have one key, a text: whether two are the same is seen without writing them as JSON. */
function mayRepeat(list: readonly unknown[], keys: readonly string[]): boolean {
  if (keys.length !== 1) return true;
  const seen = new Set<unknown>();
  for (const element of list) {
    const value = element === null ? undefined : getField(element as JsonObject, keys[0]!);
    if (typeof value === "object" || seen.has(value)) return true;
    seen.add(value);
  }
  return false;
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
function duplicates(identities: readonly unknown[], path: string): FieldError[] {
  const seen = new Map<string, number>();
  const errors: FieldError[] = [];
  for (let index = 0; index < identities.length; index++) {
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
