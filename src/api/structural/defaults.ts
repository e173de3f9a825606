import { cloneJson, isJsonObject, setField } from "../patch/json-value.ts";
import { reducer, schemaOfField } from "./compile.ts";
import type { StructuralSchema } from "./structural.ts";

/** Fills in defaults, in place: where a field is missing, and where it is null though null is not allowed. Idempotent. */
export function applyDefaults(schema: StructuralSchema, draft: unknown): void {
  fill(withDefaults(schema), draft);
}

const withDefaults = reducer((part) => part.default !== undefined);

function fill(schema: StructuralSchema | undefined, draft: unknown): void {
  if (schema === undefined) return;
  if (Array.isArray(draft)) {
    if (schema.items === undefined) return;
    for (const [index, element] of draft.entries()) {
      if (isRefusedNull(element, schema.items)) draft[index] = defaultOrNull(schema.items);
      fill(schema.items, draft[index]);
    }
    return;
  }
  if (!isJsonObject(draft)) return;
  for (const [name, property] of schema.properties ?? []) {
    if (property.default === undefined) continue;
    if (!Object.hasOwn(draft, name) || isRefusedNull(draft[name], property)) {
      setField(draft, name, cloneJson(property.default));
    }
  }
  for (const key of Object.keys(draft)) {
    const property = schema.properties?.get(key);
    const field = schemaOfField(schema, key);
    if (field === undefined) continue;
    if (property === undefined && isRefusedNull(draft[key], field)) setField(draft, key, defaultOrNull(field));
    fill(field, draft[key]);
  }
}

/**
 * Drops, in place, fields that are null where null is not allowed and no default takes its place. Done before applyDefaults,
 * which sees to those with a default.
 */
export function pruneNulls(schema: StructuralSchema | undefined, draft: unknown): void {
  if (Array.isArray(draft)) {
    for (const element of draft) pruneNulls(schema?.items, element);
    return;
  }
  if (!isJsonObject(draft)) return;
  for (const key of Object.keys(draft)) {
    const field = schemaOfField(schema, key);
    if (field !== undefined && field.default === undefined && isRefusedNull(draft[key], field)) delete draft[key];
    else pruneNulls(field, draft[key]);
  }
}

const isRefusedNull = (value: unknown, schema: StructuralSchema): boolean => value === null && !schema.nullable;

const defaultOrNull = (schema: StructuralSchema): unknown =>
  schema.default === undefined ? null : cloneJson(schema.default);
