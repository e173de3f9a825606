import type { Schema } from "../schema.ts";
import {
  asMember,
  EMPTY_SET,
  type FieldSet,
  fieldElement,
  isEmptySet,
  memberWith,
  setOfElements,
  union,
} from "./field-set.ts";
import { elementsByKey, type FieldType, resolveType, typeBelow } from "./field-types.ts";
import { equalJson, isJsonObject, type JsonObject } from "./json-value.ts";
import { zeroOf } from "./zero-values.ts";

/** The paths that an object says something about: leaves, empty objects, elements of lists. */
export function fieldSetOf(value: unknown, type: FieldType, schema: Schema): FieldSet {
  return isJsonObject(value) || Array.isArray(value) ? (saidBelow(value, type, schema) ?? EMPTY_SET) : EMPTY_SET;
}

/** Whether anybody can own a field by its value: keyed lists and sets without elements say nothing. */
export function saysSomething(value: unknown, type: FieldType, schema: Schema): boolean {
  return value === null || (isEmpty(value) && !Array.isArray(value)) || saidBelow(value, type, schema) !== undefined;
}

/** What is said at a path and below it; undefined when that is nothing. */
function saidBelow(value: unknown, unresolved: FieldType, schema: Schema): FieldSet | undefined {
  const type = resolveType(unresolved, value);
  const found: [string, FieldSet][] = [];
  if (type.kind === "struct" || type.kind === "map") {
    if (!isJsonObject(value)) return EMPTY_SET;
    for (const key of Object.keys(value)) {
      const child = value[key];
      if (type.kind === "map" && typeof child !== "object") {
        found.push([`f:${key}`, EMPTY_SET]);
        continue;
      }
      const below = saidBelow(child, typeBelow(schema, type, key), schema);
      const known = type.kind === "struct" && Object.hasOwn(type.definition.fields, key);
      const isBare = !known || child === null || (isJsonObject(child) && Object.keys(child).length === 0);
      if (isBare) found.push([`f:${key}`, asMember(below)]);
      else if (below !== undefined) found.push([`f:${key}`, below]);
    }
  } else if (type.kind === "list" || type.kind === "set") {
    for (const [key, elements] of elementsByKey(type, value)) {
      let below = EMPTY_SET;
      if (type.kind === "list")
        for (const element of elements) below = union(below, saidBelow(element, type.element, schema) ?? EMPTY_SET);
      found.push([key, asMember(below)]);
    }
  } else return EMPTY_SET;
  return found.length === 0 ? undefined : setOfElements(found);
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
  const found = compare({ before, after }, options.type, options.schema);
  return {
    added: found?.added ?? EMPTY_SET,
    modified: found?.modified ?? EMPTY_SET,
    removed: found?.removed ?? EMPTY_SET,
  };
}

export const isEmptyComparison = ({ added, modified, removed }: Comparison): boolean =>
  isEmptySet(added) && isEmptySet(modified) && isEmptySet(removed);

interface Pair {
  readonly before: unknown;
  readonly after: unknown;
}

const CHANGES = ["added", "modified", "removed"] as const;

/** What differs at a path and below it, by kind of change. */
type Difference = { [change in (typeof CHANGES)[number]]?: FieldSet | undefined };
/** Of what has nothing below it. */
const MODIFIED: Difference = { modified: EMPTY_SET };
const REMOVED: Difference = { removed: EMPTY_SET };
type Found = { [change in (typeof CHANGES)[number]]?: [string, FieldSet][] };

function compare(pair: Pair, unresolved: FieldType, schema: Schema): Difference | undefined {
  const { before, after } = pair;
  if (before === after) return undefined;
  if (before === undefined) return { added: addedAt(after, unresolved, schema) };
  const type = resolveType(unresolved, before, after);
  let below: Difference | undefined;
  if (type.kind !== "scalar" && after !== undefined && isEmpty(before) && isEmpty(after)) {
    // Null and what is empty are not the same.
    return (before === null) === (after === null) ? undefined : MODIFIED;
  }
  if (unresolved.kind === "untyped" && isJsonObject(before) !== isJsonObject(after) && before !== null && after) {
    // Another kind of value: itself, and what is in the one that is an object.
    return { ...compareObjects(pair, { kind: "map", element: unresolved }, schema), ...MODIFIED };
  }
  if (type.kind === "struct" || type.kind === "map") below = compareObjects(pair, type, schema);
  else if (type.kind === "list" || type.kind === "set") below = compareLists(pair, type, schema);
  else if (before !== undefined && after !== undefined) {
    return equalJson(before, after) ? undefined : MODIFIED;
  }
  if (after !== undefined) return below;
  return below === undefined ? REMOVED : { ...below, removed: asMember(below.removed) };
}

function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    (Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0)
  );
}

/** All that came with a value that was not there: itself, and everything in it. */
function addedAt(value: unknown, unresolved: FieldType, schema: Schema): FieldSet {
  const type = resolveType(unresolved, value);
  if (type.kind === "struct" || type.kind === "map") {
    if (!isJsonObject(value)) return EMPTY_SET;
    const keys = Object.keys(value).filter((key) => value[key] !== undefined);
    return memberWith(keys.sort(), (key) => [
      fieldElement(key),
      addedAt(value[key], typeBelow(schema, type, key), schema),
    ]);
  }
  if (type.kind !== "list" && type.kind !== "set") return EMPTY_SET;
  const elements = elementsByKey(type, value);
  return memberWith([...elements.keys()].sort(), (key) => {
    const [first, ...others] = elements.get(key)!;
    const isPlain = type.kind === "set" || others.length > 0;
    return [key, isPlain ? EMPTY_SET : addedAt(first, type.element, schema)];
  });
}

function compareObjects(
  pair: Pair,
  type: FieldType & { kind: "struct" | "map" },
  schema: Schema,
): Difference | undefined {
  const [before, after] = [objectOf(pair.before), objectOf(pair.after)];
  const areBothThere = isJsonObject(pair.before) && isJsonObject(pair.after);
  const found: Found = {};
  const look = (key: string, child: Pair): void => {
    const childType = typeBelow(schema, type, key);
    const difference = compare(areBothThere ? alwaysThere(child, { type, key, schema }) : child, childType, schema);
    if (difference !== undefined) note(found, `f:${key}`, difference);
  };
  let inBoth = 0;
  for (const key of Object.keys(after)) {
    const now = after[key];
    const wasThere = Object.hasOwn(before, key);
    if (wasThere) inBoth++;
    const was = wasThere ? before[key] : undefined;
    if (was !== now) look(key, { before: was, after: now });
  }
  const keysBefore = Object.keys(before);
  if (keysBefore.length > inBoth) {
    for (const key of keysBefore) {
      if (!Object.hasOwn(after, key)) look(key, { before: before[key], after: undefined });
    }
  }
  return differenceOf(found);
}

interface PlaceInObject {
  readonly type: FieldType & { kind: "struct" | "map" };
  readonly key: string;
  readonly schema: Schema;
}

/** What Go always has is there even when JSON leaves it out. */
function alwaysThere(child: Pair, { type, key, schema }: PlaceInObject): Pair {
  if (type.kind !== "struct" || (child.before !== undefined && child.after !== undefined)) return child;
  const field = type.definition.fields[key];
  const empty = field && zeroOf(schema, field, key);
  if (empty === undefined) return child;
  return { before: child.before ?? empty, after: child.after ?? empty };
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function compareLists(pair: Pair, type: FieldType & { kind: "list" | "set" }, schema: Schema): Difference | undefined {
  const [before, after] = [elementsByKey(type, pair.before), elementsByKey(type, pair.after)];
  const found: Found = {};
  const look = (key: string): void => {
    const [old, now] = [before.get(key), after.get(key)];
    const compareOne = (one: Pair) => compare(one, type.kind === "list" ? type.element : SCALAR, schema);
    const difference =
      (old?.length ?? 0) > 1 || (now?.length ?? 0) > 1
        ? compareRepeated(old ?? [], now ?? [], compareOne)
        : compareOne({ before: old?.[0], after: now?.[0] });
    if (difference !== undefined) note(found, key, difference);
  };
  for (const key of after.keys()) look(key);
  for (const key of before.keys()) if (!after.has(key)) look(key);
  return differenceOf(found);
}

const SCALAR: FieldType = { kind: "scalar" };

/** Elements that repeat each other are compared as one; one alone that was there, or is there now, has parts of its own. */
function compareRepeated(
  old: readonly unknown[],
  now: readonly unknown[],
  compareOne: (one: Pair) => Difference | undefined,
): Difference | undefined {
  if (old.length > 1 && now.length > 1) return equalJson(old, now) ? undefined : MODIFIED;
  const one = old.length + now.length > Math.max(old.length, now.length);
  const alone = one
    ? compareOne({ before: old.length === 1 ? old[0] : undefined, after: now.length === 1 ? now[0] : undefined })
    : undefined;
  return now.length > 1 ? { ...alone, added: EMPTY_SET } : { ...alone, removed: EMPTY_SET };
}

function note(found: Found, element: string, difference: Difference): void {
  for (const change of CHANGES) {
    const below = difference[change];
    if (below !== undefined) (found[change] ??= []).push([element, below]);
  }
}

function differenceOf(found: Found): Difference | undefined {
  const { added, modified, removed } = found;
  if (added === undefined && modified === undefined && removed === undefined) return undefined;
  return {
    added: added && setOfElements(added),
    modified: modified && setOfElements(modified),
    removed: removed && setOfElements(removed),
  };
}
