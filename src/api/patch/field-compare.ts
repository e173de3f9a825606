import type { Schema } from "../schema.ts";
import { emptySet, type FieldSet, insertPath } from "./field-set.ts";
import { elementsByKey, type FieldType, resolveType, typeBelow } from "./field-types.ts";
import { equalJson, getField, isJsonObject, type JsonObject } from "./json-value.ts";

/** The paths that an object says something about: leaves, empty objects, elements of lists. */
export function fieldSetOf(value: unknown, type: FieldType, schema: Schema): FieldSet {
  const set = emptySet();
  collect(value, type, { schema, path: [], set });
  return set;
}

function collect(value: unknown, unresolved: FieldType, at: { schema: Schema; path: string[]; set: FieldSet }): void {
  const type = resolveType(unresolved, value);
  const { schema, path, set } = at;
  if (type.kind === "struct" || type.kind === "map") {
    if (!isJsonObject(value)) {
      if (path.length > 0) insertPath(set, path);
      return;
    }
    for (const key of Object.keys(value)) {
      const child = value[key];
      const below = [...path, `f:${key}`];
      collect(child, typeBelow(schema, type, key), { schema, path: below, set });
      const known = type.kind === "struct" && Object.hasOwn(type.definition.fields, key);
      if (!known || child === null || (isJsonObject(child) && Object.keys(child).length === 0)) insertPath(set, below);
    }
    return;
  }
  if (type.kind === "list" || type.kind === "set") {
    for (const [key, elements] of elementsByKey(type, value)) {
      const below = [...path, key];
      if (type.kind === "list")
        for (const element of elements) collect(element, type.element, { schema, path: below, set });
      insertPath(set, below);
    }
    return;
  }
  insertPath(set, path);
}

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Which paths differ between two forms of an object. Structs that Go holds by value count as there on both sides. */
export function compareFields(
  before: unknown,
  after: unknown,
  options: { type: FieldType; schema: Schema },
): Comparison {
  const comparison: Comparison = { added: emptySet(), modified: emptySet(), removed: emptySet() };
  compare({ before, after, type: options.type, path: [] }, { schema: options.schema, comparison });
  return comparison;
}

interface Pair {
  readonly before: unknown;
  readonly after: unknown;
  readonly type: FieldType;
  readonly path: readonly string[];
}

interface Walk {
  readonly schema: Schema;
  readonly comparison: Comparison;
}

function compare(pair: Pair, walk: Walk): void {
  const { before, after, path } = pair;
  if (before === undefined && after === undefined) return;
  const type = resolveType(pair.type, before, after);
  if (type.kind === "struct" || type.kind === "map") compareObjects({ ...pair, type }, walk);
  else if (type.kind === "list" || type.kind === "set") compareLists({ ...pair, type }, walk);
  else if (before !== undefined && after !== undefined && !equalJson(before, after)) {
    insertPath(walk.comparison.modified, path);
  }
  if (before === undefined) insertPath(walk.comparison.added, path);
  else if (after === undefined) insertPath(walk.comparison.removed, path);
}

function compareObjects(pair: Pair & { type: FieldType & { kind: "struct" | "map" } }, walk: Walk): void {
  const { type, path } = pair;
  const [before, after] = [objectOf(pair.before), objectOf(pair.after)];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const child = {
      before: getField(before, key),
      after: getField(after, key),
      type: typeBelow(walk.schema, type, key),
      path: [...path, `f:${key}`],
    };
    compare(pair.before !== undefined && pair.after !== undefined ? alwaysThere(child, type, key) : child, walk);
  }
}

/** A struct that is no pointer, or a list without omitempty, is there in Go even when JSON leaves it out. */
function alwaysThere(child: Pair, type: FieldType, key: string): Pair {
  const field = type.kind === "struct" ? type.definition.fields[key] : undefined;
  if (field === undefined) return child;
  const isStruct =
    field.container === undefined && field.ref !== undefined && field.pointer !== true && child.type.kind === "struct";
  const isList = field.container !== undefined && field.keepEmpty === true;
  if (!isStruct && !isList) return child;
  const empty = isStruct ? {} : null;
  return { ...child, before: child.before ?? empty, after: child.after ?? empty };
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function compareLists(pair: Pair & { type: FieldType & { kind: "list" | "set" } }, walk: Walk): void {
  const { type, path } = pair;
  const [before, after] = [elementsByKey(type, pair.before), elementsByKey(type, pair.after)];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(key), after.get(key)];
    const below = [...path, key];
    if ((old?.length ?? 0) > 1 || (now?.length ?? 0) > 1) {
      // Elements that repeat each other are compared as one.
      if (old === undefined) insertPath(walk.comparison.added, below);
      else if (now === undefined) insertPath(walk.comparison.removed, below);
      else if (!equalJson(old, now)) insertPath(walk.comparison.modified, below);
      continue;
    }
    const element: FieldType = type.kind === "list" ? type.element : { kind: "scalar" };
    compare({ before: old?.[0], after: now?.[0], type: element, path: below }, walk);
  }
}
