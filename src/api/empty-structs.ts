import { present } from "../base/assert.ts";
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
  return visitStruct(object, wholeLayout(schema, definition), true);
}

/** Whether `addEmptyStructs` would add something. */
export function lacksStructs(object: JsonObject, schema: Schema, definition: string): boolean {
  return visitStruct(object, wholeLayout(schema, definition), false);
}

function wholeLayout(schema: Schema, name: string): Layout {
  return layoutOf(schema, present(schema.definitions[name], `the definition ${name}`));
}

/** What of a struct has to be looked at: fields that are structs, or hold some, in which something can be missing. */
interface Layout {
  readonly alwaysThere: readonly Inner[];
  readonly inner: ReadonlyMap<string, Inner>;
  /** Scalars that are written with their zero value. */
  readonly zeros: readonly (readonly [string, string | number | boolean])[];
}

interface Inner {
  readonly key: string;
  readonly container: Field["container"];
  layout(): Layout;
}

const layouts = new WeakMap<Definition, Layout>();

function layoutOf(schema: Schema, definition: Definition): Layout {
  const known = layouts.get(definition);
  if (known !== undefined) return known;
  const alwaysThere: Inner[] = [];
  const inner = new Map<string, Inner>();
  const zeros: [string, string | number | boolean][] = [];
  for (const [key, field] of Object.entries(definition.fields)) {
    const { container, pointer, keepEmpty } = field;
    const struct = structOf(schema, field);
    if (struct !== undefined) {
      const one = { key, container, layout: () => layoutOf(schema, struct) };
      if (isAlwaysThere(field)) alwaysThere.push(one);
      if (canLack(schema, struct)) inner.set(key, one);
    } else if (keepEmpty === true && container === undefined && pointer !== true) {
      const zero = zeroOf(field);
      if (zero !== undefined) zeros.push([key, zero]);
    }
  }
  const layout = { alwaysThere, inner, zeros };
  layouts.set(definition, layout);
  return layout;
}

function structOf(schema: Schema, { ref }: Field): Definition | undefined {
  const definition = ref === undefined ? undefined : schema.definitions[ref];
  return definition?.special === undefined ? definition : undefined;
}

const isAlwaysThere = ({ container, pointer }: Field): boolean => container === undefined && pointer !== true;

/** Whether a struct, or one inside, has one that is always there; of structs that hold themselves once is enough. */
function canLack(schema: Schema, definition: Definition, above: ReadonlySet<Definition> = new Set()): boolean {
  if (above.has(definition)) return false;
  const within = new Set(above).add(definition);
  return Object.values(definition.fields).some((field) => {
    const struct = structOf(schema, field);
    return struct !== undefined && (isAlwaysThere(field) || canLack(schema, struct, within));
  });
}

function zeroOf({ type }: Field): string | number | boolean | undefined {
  if (type === "integer" || type === "number") return 0;
  if (type === "boolean") return false;
  return type === "string" ? "" : undefined;
}

/** Without `adds` it only looks, and stops at the first thing that is missing. */
function visitStruct(object: JsonObject, layout: Layout, adds: boolean): boolean {
  let missing = false;
  for (const inner of layout.alwaysThere) {
    const value = object[inner.key];
    if (value !== undefined && value !== null) continue;
    missing = true;
    if (!adds) return true;
    object[inner.key] = emptyStruct(inner.layout());
  }
  if (layout.inner.size === 0) return missing;
  for (const key of Object.keys(object)) {
    const inner = layout.inner.get(key);
    if (inner !== undefined && visitValue(object[key], inner, adds)) missing = true;
    if (missing && !adds) return true;
  }
  return missing;
}

function visitValue(value: unknown, { container, layout }: Inner, adds: boolean): boolean {
  if (container === undefined) return isJsonObject(value) && visitStruct(value, layout(), adds);
  const structs = container === "list" ? value : Object.values((value ?? {}) as JsonObject);
  let missing = false;
  for (const each of (structs ?? []) as readonly unknown[]) {
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
