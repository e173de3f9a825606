import type { Schema } from "../schema.ts";
import { badRequest } from "../status.ts";
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

/** Elements that only the live list has keep their place; shared and new ones come in the configuration's order. */
function mergeLists(
  live: readonly unknown[],
  wanted: readonly unknown[],
  at: At & { type: FieldType & { kind: "list" | "set" } },
): unknown[] {
  const { type } = at;
  const liveByKey = elementsByKey(type, live);
  const wantedKeys = wanted.map((element) => elementKey(type, element));
  const asked = new Set<string>();
  for (const key of wantedKeys) {
    if (asked.has(key)) throw badRequest(`${pathText(at.path)}: duplicate entries for key ${pathText([key])}`);
    asked.add(key);
  }
  const result: unknown[] = [];
  let position = 0;
  const keyAt = (index: number): string | undefined =>
    index < live.length ? elementKey(type, live[index]) : undefined;
  for (const [index, key] of wantedKeys.entries()) {
    const [old, ...repeated] = liveByKey.get(key) ?? [];
    for (let next = keyAt(position); next !== undefined; next = keyAt(position)) {
      if (!asked.has(next)) result.push(live[position]);
      else if (old === undefined) break;
      position++;
      if (next === key) break;
    }
    const element: FieldType = type.kind === "list" ? type.element : { kind: "scalar" };
    // Elements that repeat each other are replaced by the one that is wanted.
    const before = repeated.length === 0 ? old : undefined;
    result.push(merge(before, wanted[index], { type: element, schema: at.schema, path: [...at.path, key] }));
  }
  return [...result, ...live.slice(position).filter((element) => !asked.has(elementKey(type, element)))];
}

/**
 * Takes away what the applier owned before (`last`) and neither wants now nor anybody else owns (`keep`). What it leaves may be
 * empty.
 */
export function pruneOwned(
  value: unknown,
  sets: { last: FieldSet; keep: FieldSet },
  options: { type: FieldType; schema: Schema },
): unknown {
  const type = resolveType(options.type, value);
  const { schema } = options;
  if (isEmptySet(sets.last)) return value;
  if ((type.kind === "struct" || type.kind === "map") && isJsonObject(value)) {
    const result: JsonObject = {};
    for (const key of Object.keys(value)) {
      const isNamed = type.kind === "struct" && Object.hasOwn(type.definition.fields, key);
      const kept = pruneChild(value[key], `f:${key}`, { sets, type: typeBelow(schema, type, key), schema, isNamed });
      if (kept !== undefined) setField(result, key, kept);
    }
    return result;
  }
  if ((type.kind === "list" || type.kind === "set") && Array.isArray(value)) {
    const element: FieldType = type.kind === "list" ? type.element : { kind: "scalar" };
    return value
      .map((each) => pruneChild(each, elementKey(type, each), { sets, type: element, schema, isNamed: false }))
      .filter((each) => each !== undefined);
  }
  return value;
}

function pruneChild(
  child: unknown,
  element: string,
  context: { sets: { last: FieldSet; keep: FieldSet }; type: FieldType; schema: Schema; isNamed: boolean },
): unknown {
  const { last, keep } = context.sets;
  const kept = hasMember(keep, element) || (element.startsWith("f:") && !isEmptySet(keep[element]));
  const below = last[element];
  // Who owned something in a field of a struct had that field, too.
  if (!kept && (hasMember(last, element) || (context.isNamed && !isEmptySet(below)))) return undefined;
  if (below === undefined) return child;
  return pruneOwned(child, { last: below, keep: keep[element] ?? EMPTY_SET }, context);
}
