import { present } from "../base/assert.ts";
import { isJsonObject, type JsonObject } from "./patch/json-value.ts";
import type { Definition, Field, Schema } from "./schema.ts";

/**
 * Adds what Go writes also when nobody set it: structs that are no pointers (`status: {}`, a container's `resources: {}`), in
 * those that it adds their numbers, flags and texts without `omitempty`, and null for lists, maps and pointers without
 * `omitempty` and for times (`lastProbeTime: null`). Clients without types of their own rely on them.
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
  /** A status: its scalars are counts that are zero when nobody set them. */
  readonly isStatus: boolean;
  /** What is null when nobody set it. */
  readonly nulls: readonly string[];
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
  const nulls: string[] = [];
  const inner = new Map<string, Inner>();
  const zeros: [string, string | number | boolean][] = [];
  for (const [key, field] of Object.entries(definition.fields)) {
    const { container } = field;
    const struct = structOf(schema, field);
    if (isNull(schema, definition, key)) nulls.push(key);
    if (struct !== undefined) {
      const one = { key, container, layout: () => layoutOf(schema, struct) };
      if (isAlwaysThere(field)) alwaysThere.push(one);
      if (canLack(schema, struct)) inner.set(key, one);
    } else if (hasZero(field)) zeros.push([key, zeroOf(field)!]);
  }
  const layout = { alwaysThere, inner, isStatus: isStatus(schema, definition), nulls, zeros };
  layouts.set(definition, layout);
  return layout;
}

function structOf(schema: Schema, { ref }: Field): Definition | undefined {
  const definition = ref === undefined ? undefined : schema.definitions[ref];
  return definition?.special === undefined ? definition : undefined;
}

/** Lists that must be there and may be empty, where everything else that must be there is looked after by validation. */
const MAY_BE_EMPTY: readonly string[] = ["LimitRangeSpec.limits", "CSINodeSpec.drivers"];

/**
 * Whether Go writes null where nothing is. Required lists and pointers are never absent. Go's omitempty does not know times;
 * creationTimestamp alone says omitzero.
 */
function isNull(schema: Schema, definition: Definition, key: string): boolean {
  const { container, pointer, keepEmpty, required, ref } = definition.fields[key]!;
  if (container === undefined && pointer !== true) {
    const special = ref === undefined ? undefined : schema.definitions[ref]?.special;
    return (special === "time" || special === "microTime") && key !== "creationTimestamp";
  }
  if (keepEmpty !== true) return false;
  return required !== true || MAY_BE_EMPTY.some((each) => each === `${nameOf(schema, definition)}.${key}`);
}

const names = new WeakMap<Schema, ReadonlyMap<Definition, string>>();

/** The type's name without its package. */
function nameOf(schema: Schema, definition: Definition): string | undefined {
  let known = names.get(schema);
  if (known === undefined) {
    known = new Map(Object.entries(schema.definitions).map(([name, each]) => [each, name.split(".").at(-1)!]));
    names.set(schema, known);
  }
  return known.get(definition);
}

const isAlwaysThere = ({ container, pointer }: Field): boolean => container === undefined && pointer !== true;

/** Whether a struct, or one inside, has something that is always there; of structs that hold themselves once is enough. */
function canLack(schema: Schema, definition: Definition, above: ReadonlySet<Definition> = new Set()): boolean {
  if (above.has(definition)) return false;
  const within = new Set(above).add(definition);
  return Object.entries(definition.fields).some(([key, field]) => {
    if (isNull(schema, definition, key)) return true;
    if (isStatus(schema, definition) && hasZero(field)) return true;
    const struct = structOf(schema, field);
    return struct !== undefined && (isAlwaysThere(field) || canLack(schema, struct, within));
  });
}

const isStatus = (schema: Schema, definition: Definition): boolean =>
  nameOf(schema, definition)?.endsWith("Status") === true;

const hasZero = (field: Field): boolean =>
  field.keepEmpty === true && field.container === undefined && field.pointer !== true && zeroOf(field) !== undefined;

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
  for (const key of layout.nulls) {
    if (object[key] !== undefined) continue;
    missing = true;
    if (!adds) return true;
    object[key] = null;
  }
  if (layout.isStatus) {
    for (const [key, zero] of layout.zeros) {
      if (object[key] !== undefined) continue;
      missing = true;
      if (!adds) return true;
      object[key] = zero;
    }
  }
  if (layout.inner.size === 0) return missing;
  for (const key in object) {
    const inner = layout.inner.get(key);
    if (inner !== undefined && visitValue(object[key], inner, adds)) missing = true;
    if (missing && !adds) return true;
  }
  return missing;
}

function visitValue(value: unknown, { container, layout }: Inner, adds: boolean): boolean {
  if (container === undefined) return isJsonObject(value) && visitStruct(value, layout(), adds);
  if (value === undefined || value === null) return false;
  const structs = (container === "list" ? value : Object.values(value)) as readonly unknown[];
  let missing = false;
  for (const each of structs) {
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
