import type { Schema } from "../schema.ts";
import { pruneOwned } from "./apply-merge.ts";
import { compareFields, fieldSetOf } from "./field-compare.ts";
import { difference, EMPTY_SET, type FieldSet, isEmptySet, union } from "./field-set.ts";
import { typeOfDefinition } from "./field-types.ts";
import { equalJson, type JsonObject } from "./json-value.ts";
import type { Manager } from "./managers.ts";
import type { OtherVersion, WrittenVersions } from "./other-version.ts";
import { type Steps, settled } from "./steps.ts";

interface Shape {
  readonly schema: Schema;
  readonly definition: string | undefined;
  readonly keepsNull?: boolean;
}

export interface Pruning extends Shape {
  /** The applier as it was before. */
  readonly last: Manager | undefined;
  /** What it says now. */
  readonly said: FieldSet;
  /** The others. */
  readonly managers: Iterable<Manager>;
  readonly versions: WrittenVersions;
  /** The stored object: it is compared later in the same versions, and so converted along. */
  readonly current: JsonObject;
}

/**
 * Takes away what the applier owned before and neither says now nor anybody else owns, each manager as its version says it
 * (structured-merge-diff: Updater.prune). Answers the same object when that is nothing.
 */
export function* pruneApplied(merged: JsonObject, pruning: Pruning): Steps<JsonObject> {
  const { last, said, managers, versions } = pruning;
  if (last === undefined || isEmptySet(last.fields)) return merged;
  const owned = new Map<OtherVersion | undefined, FieldSet>([[undefined, said]]);
  for (const manager of managers) {
    const version = versions.of(manager);
    owned.set(version, union(owned.get(version) ?? EMPTY_SET, manager.fields));
  }
  const lastVersion = versions.of(last);
  const keep = owned.get(lastVersion) ?? EMPTY_SET;
  const gone = { version: lastVersion, last: last.fields, keep };
  let pruned = yield* withoutFields(merged, gone, pruning);
  if (pruned === merged) return merged;
  for (const [version, fields] of owned) {
    if (version !== lastVersion) pruned = yield* addBack({ merged, pruned }, { version, fields }, pruning);
  }
  return pruned;
}

function* withoutFields(
  merged: JsonObject,
  { version, ...sets }: { version: OtherVersion | undefined; last: FieldSet; keep: FieldSet },
  pruning: Pruning,
): Steps<JsonObject> {
  const [shown] = yield* inVersion(version, [merged], pruning);
  if (shown === undefined) return merged;
  const rest = prune(shown, sets, shapeOf(version, pruning));
  if (equalJson(rest, shown)) return merged;
  if (version === undefined) return rest;
  return yield* withoutGone(merged, { version, before: shown, after: rest, keep: pruning.said }, pruning);
}

/** What was taken away and somebody owns comes back. */
function* addBack(
  { merged, pruned }: { merged: JsonObject; pruned: JsonObject },
  { version, fields }: { version: OtherVersion | undefined; fields: FieldSet },
  pruning: Pruning,
): Steps<JsonObject> {
  const [all, rest] = yield* inVersion(version, [merged, pruned], pruning);
  if (all === undefined || rest === undefined) return pruned;
  const shape = shapeOf(version, pruning);
  const type = typeOfDefinition(shape.schema, shape.definition);
  const keep = union(fieldSetOf(rest, type, shape.schema), fields);
  const last = difference(fieldSetOf(all, type, shape.schema), keep);
  const kept = prune(all, { last, keep }, shape);
  if (equalJson(kept, rest)) return pruned;
  if (version === undefined) return kept;
  return yield* withoutGone(merged, { version, before: all, after: kept, keep: EMPTY_SET }, pruning);
}

/**
 * An object without what was taken from its form in another version: what is no longer there, or is another, when both forms
 * come back. So it does not matter what a conversion fills in.
 */
function* withoutGone(
  merged: JsonObject,
  of: { version: OtherVersion; before: JsonObject; after: JsonObject; keep: FieldSet },
  { schema, definition, keepsNull }: Pruning,
): Steps<JsonObject> {
  const { version, before, after, keep } = of;
  const [all, rest] = yield* settled(version.back([before, after]));
  if (all === undefined || rest === undefined) return merged;
  const { removed, modified } = compareFields(all, rest, { type: typeOfDefinition(schema, definition), schema });
  return prune(merged, { last: union(removed, modified), keep }, { schema, definition, keepsNull });
}

const shapeOf = (version: OtherVersion | undefined, pruning: Pruning): Shape =>
  version === undefined ? pruning : { ...version, keepsNull: pruning.keepsNull };

function prune(
  object: JsonObject,
  sets: { last: FieldSet; keep: FieldSet },
  { schema, definition, keepsNull = false }: Shape,
): JsonObject {
  const { apiVersion, kind } = object;
  const rest = pruneOwned(object, sets, { type: typeOfDefinition(schema, definition), schema, keepsNull });
  return { apiVersion, kind, ...(rest as JsonObject | undefined) };
}

function* inVersion(version: OtherVersion | undefined, objects: readonly JsonObject[], { versions, current }: Pruning) {
  if (version === undefined) return objects;
  return yield* versions.convert(version, [...objects, current]);
}
