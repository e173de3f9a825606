import { isJsonObject, type JsonObject } from "./patch/json-value.ts";
import type { Definition, Field, Schema } from "./schema.ts";

/**
 * Adds what Go writes also when nobody set it: structs that are no pointers (`status: {}`, a container's `resources: {}`), and in
 * those that it adds their numbers, flags and texts without `omitempty`. Clients without types of their own rely on them.
 *
 * @param definition name of the object's definition in the schema
 * @returns whether something was missing
 */
export function addEmptyStructs(object: JsonObject, schema: Schema, definition: string): boolean {
  return visitStruct(object, layoutOf(schema, definition), true);
}

/** Whether `addEmptyStructs` would add something. */
export function lacksStructs(object: JsonObject, schema: Schema, definition: string): boolean {
  return visitStruct(object, layoutOf(schema, definition), false);
}

/** The fields of a struct that hold structs; nothing else has to be looked at. */
interface Layout {
  readonly inner: readonly Inner[];
  /** Scalars that are written with their zero value. */
  readonly zeros: readonly (readonly [string, string | number | boolean])[];
}

interface Inner {
  readonly key: string;
  readonly container: Field["container"];
  readonly isAlwaysThere: boolean;
  layout(): Layout;
}

const layouts = new WeakMap<Definition, Layout>();
const NOTHING: Layout = { inner: [], zeros: [] };

function layoutOf(schema: Schema, name: string): Layout {
  const definition = schema.definitions[name];
  if (definition === undefined || definition.special !== undefined) return NOTHING;
  const known = layouts.get(definition);
  if (known !== undefined) return known;
  const inner: Inner[] = [];
  const zeros: [string, string | number | boolean][] = [];
  for (const [key, field] of Object.entries(definition.fields)) {
    const { container, ref, pointer, keepEmpty, type } = field;
    if (ref !== undefined && schema.definitions[ref]?.special === undefined) {
      const isAlwaysThere = container === undefined && pointer !== true;
      inner.push({ key, container, isAlwaysThere, layout: () => layoutOf(schema, ref) });
    } else if (keepEmpty === true && container === undefined && pointer !== true) {
      if (type === "integer" || type === "number") zeros.push([key, 0]);
      else if (type === "boolean") zeros.push([key, false]);
      else if (type === "string") zeros.push([key, ""]);
    }
  }
  const layout = { inner, zeros };
  layouts.set(definition, layout);
  return layout;
}

/** Without `adds` it only looks, and stops at the first thing that is missing. */
function visitStruct(object: JsonObject, layout: Layout, adds: boolean): boolean {
  let missing = false;
  for (const inner of layout.inner) {
    const value = object[inner.key];
    if (value === undefined || value === null) {
      if (!inner.isAlwaysThere) continue;
      missing = true;
      if (adds) object[inner.key] = emptyStruct(inner.layout());
    } else if (visitValue(value, inner, adds)) missing = true;
    if (missing && !adds) return true;
  }
  return missing;
}

function visitValue(value: unknown, { container, layout }: Inner, adds: boolean): boolean {
  const structs = container === undefined ? [value] : container === "list" ? value : Object.values(value as JsonObject);
  let missing = false;
  for (const each of structs as readonly unknown[]) {
    if (isJsonObject(each) && visitStruct(each, layout(), adds)) missing = true;
    if (missing && !adds) return true;
  }
  return missing;
}

function emptyStruct(layout: Layout): JsonObject {
  const result: JsonObject = Object.fromEntries(layout.zeros);
  visitStruct(result, layout, true);
  return result;
}
