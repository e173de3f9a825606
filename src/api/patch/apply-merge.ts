import type { Schema } from "../schema.ts";
import { badRequest } from "../status.ts";
import { saysSomething } from "./field-compare.ts";
import { EMPTY_SET, type FieldSet, hasMember, isEmptySet, pathText } from "./field-set.ts";
import { elementKey, elementsByKey, type FieldType, resolveType, typeBelow } from "./field-types.ts";
import { cloneJson, getField, isJsonObject, type JsonObject, setField } from "./json-value.ts";

/** The live object with what the configuration says put over it. Neither is changed. */
export function mergeConfiguration(
  live: unknown,
  configuration: unknown,
  options: { type: FieldType; schema: Schema },
): unknown {
  return merge(live, configuration, { ...options, path: [] });
}

interface At {
  readonly type: FieldType;
  readonly schema: Schema;
  readonly path: readonly string[];
}

function merge(live: unknown, wanted: unknown, at: At): unknown {
  if (wanted === undefined) return live;
  const type = resolveType(at.type, live, wanted);
  // Nothing said of what is in it: that is no word against what others have there.
  if (wanted === null && hasParts(type, live)) return live;
  if ((type.kind === "struct" || type.kind === "map") && isJsonObject(wanted)) {
    const result: JsonObject = {};
    if (isJsonObject(live)) for (const key of Object.keys(live)) setField(result, key, live[key]);
    for (const key of Object.keys(wanted)) {
      const value = wanted[key];
      if (typeof value !== "object" && value !== undefined) {
        setField(result, key, value);
        continue;
      }
      const below = { type: typeBelow(at.schema, type, key), schema: at.schema, path: [...at.path, `f:${key}`] };
      setField(result, key, merge(getField(result, key), value, below));
    }
    return result;
  }
  if ((type.kind === "list" || type.kind === "set") && Array.isArray(wanted)) {
    return mergeLists(Array.isArray(live) ? live : [], wanted, { ...at, type });
  }
  return cloneJson(wanted);
}

function hasParts({ kind }: FieldType, value: unknown): boolean {
  if (kind === "struct" || kind === "map") return isJsonObject(value) && Object.keys(value).length > 0;
  return (kind === "list" || kind === "set") && Array.isArray(value) && value.length > 0;
}

function mergeLists(
  live: readonly unknown[],
  wanted: readonly unknown[],
  at: At & { type: FieldType & { kind: "list" | "set" } },
): unknown[] {
  const { type } = at;
  const liveByKey = elementsByKey(type, live);
  const keys = {
    live: live.map((each) => elementKey(type, each)),
    wanted: wanted.map((each) => elementKey(type, each)),
  };
  const asked = new Set<string>();
  for (const key of keys.wanted) {
    if (asked.has(key)) throw badRequest(`${pathText(at.path)}: duplicate entries for key ${pathText([key])}`);
    asked.add(key);
  }
  const elementType: FieldType = type.kind === "list" ? type.element : { kind: "scalar" };
  return mergedOrder(keys).map((place) => {
    if (place.isLive) return live[place.index];
    const key = keys.wanted[place.index]!;
    const [old, ...repeated] = liveByKey.get(key) ?? [];
    // Elements that repeat each other are replaced by the one that is wanted.
    const before = repeated.length === 0 ? old : undefined;
    return merge(before, wanted[place.index], { type: elementType, schema: at.schema, path: [...at.path, key] });
  });
}

interface Place {
  readonly isLive: boolean;
  readonly index: number;
}

/**
 * Where the elements of a merged list come from: those that are wanted in their order, and between the ones that both have those
 * that only the live list has, each before what is new there.
 */
function mergedOrder({ live, wanted }: { live: readonly string[]; wanted: readonly string[] }): Place[] {
  const [inLive, asked] = [new Set(live), new Set(wanted)];
  const shared = wanted.filter((key) => inLive.has(key));
  const order: Place[] = [];
  const taken = new Set<string>();
  let [atLive, atWanted, atShared] = [0, 0, 0];
  const takeWanted = (): void => {
    const key = wanted[atWanted]!;
    order.push({ isLive: false, index: atWanted++ });
    taken.add(key);
    if (key === shared[atShared]) atShared++;
  };
  while (atLive < live.length || atWanted < wanted.length) {
    const here = live[atLive];
    if (here === undefined) takeWanted();
    else if (!asked.has(here)) order.push({ isLive: true, index: atLive++ });
    else if (here === wanted[atWanted]) {
      takeWanted();
      atLive++;
    } else if (atWanted === wanted.length || (atShared < shared.length && here !== shared[atShared])) {
      // It comes at its place among the wanted ones.
      atLive++;
    } else {
      if (taken.has(here)) atLive++;
      takeWanted();
    }
  }
  return order;
}

/**
 * Takes away what the applier owned before (`last`) and neither wants now nor anybody else owns (`keep`). Where all is taken out
 * of an object or a list that itself stays, null is left, as upstream has it (structured-merge-diff 6.3.3), which is no value of
 * a struct's field unless `keepsNull`. It is the same value where nothing is taken away.
 */
export function pruneOwned(
  value: unknown,
  sets: { last: FieldSet; keep: FieldSet },
  options: { type: FieldType; schema: Schema; keepsNull: boolean },
): unknown {
  const type = resolveType(options.type, value);
  const { schema, keepsNull } = options;
  if (isEmptySet(sets.last)) return value;
  if ((type.kind === "struct" || type.kind === "map") && isJsonObject(value)) {
    const result: JsonObject = {};
    let [isSame, isEmptied] = [true, true];
    for (const key of Object.keys(value)) {
      const isNamed = type.kind === "struct" && Object.hasOwn(type.definition.fields, key);
      const below = { sets, type: typeBelow(schema, type, key), schema, isNamed, keepsNull };
      const kept = pruneChild(value[key], `f:${key}`, below);
      if (kept !== value[key]) isSame = false;
      if (kept === undefined) continue;
      isEmptied = false;
      const isNoValue = kept === null && value[key] !== null && isNamed && !keepsNull;
      if (!isNoValue) setField(result, key, kept);
    }
    if (isSame) return value;
    return isEmptied ? null : result;
  }
  if ((type.kind === "list" || type.kind === "set") && Array.isArray(value)) {
    const element: FieldType = type.kind === "list" ? type.element : { kind: "scalar" };
    const rest = value.map((each) =>
      pruneChild(each, elementKey(type, each), { sets, type: element, schema, isNamed: false, keepsNull }),
    );
    if (rest.every((each, index) => each === value[index])) return value;
    const left = rest.filter((each) => each !== undefined);
    return left.length > 0 ? left : null;
  }
  return value;
}

function pruneChild(
  child: unknown,
  element: string,
  context: {
    sets: { last: FieldSet; keep: FieldSet };
    type: FieldType;
    schema: Schema;
    isNamed: boolean;
    keepsNull: boolean;
  },
): unknown {
  const { last, keep } = context.sets;
  const kept = hasMember(keep, element) || (element.startsWith("f:") && !isEmptySet(keep[element]));
  const below = last[element];
  if (below === undefined) return child;
  const { isNamed, type, schema } = context;
  const says = (value: unknown): boolean => !isNamed || saysSomething(value, type, schema);
  // Who owned something in a field of a struct had that field, too.
  const wasOwned = hasMember(last, element) || (isNamed && !isEmptySet(below));
  if (wasOwned && !kept && says(child)) return undefined;
  const rest = pruneOwned(child, { last: below, keep: keep[element] ?? EMPTY_SET }, context);
  return wasOwned && rest !== child && !says(rest) && says(child) ? undefined : rest;
}
