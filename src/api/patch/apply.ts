import type { ManagedFieldsEntry, ObjectMeta } from "../meta.ts";
import type { Schema } from "../schema.ts";
import { badRequest, failure, type StatusError } from "../status.ts";
import { mergeConfiguration } from "./apply-merge.ts";
import { pruneApplied } from "./apply-prune.ts";
import { createdFields } from "./created-fields.ts";
import { compareFields, fieldSetOf, isEmptyComparison } from "./field-compare.ts";
import {
  covers,
  difference,
  EMPTY_SET,
  type FieldSet,
  intersection,
  isEmptySet,
  pathsOf,
  pathText,
  recursiveDifference,
  setOfPaths,
  union,
} from "./field-set.ts";
import { typeOfDefinition } from "./field-types.ts";
import { equalJson, isJsonObject, type JsonObject } from "./json-value.ts";
import { KUBECTL, lastAppliedFields, withLastApplied } from "./last-applied.ts";
import {
  capManagers,
  identityOfManager,
  type Manager,
  readManagers,
  unownedFields,
  unreadableManagers,
  writeMaker,
  writeManagers,
} from "./managers.ts";
import { type ComparisonOf, compareInVersions, type OtherVersion, writtenVersions } from "./other-version.ts";
import { reconcileFields } from "./reconcile-fields.ts";
import { allAtOnce, type Steps } from "./steps.ts";

export interface FieldManagement {
  readonly schema: Schema;
  /** Name of the object's definition; without one objects merge by field and lists are replaced. */
  readonly definition: string | undefined;
  /** Name of the client. */
  readonly manager: string;
  readonly apiVersion: string;
  /** Now, RFC 3339. */
  readonly time: string;
  /** One for all new objects that have the same fields, whose fieldsV1 is kept there. */
  readonly sameness?: { fieldsV1?: string } | undefined;
  readonly subresource?: string;
  /** Fields that this kind of write cannot set, e.g. `[["status"]]`: nobody comes to own them by it. */
  readonly ignored?: readonly (readonly string[])[];
  /** Versions of another shape that managers may have written in, by apiVersion. */
  readonly otherVersions?: ReadonlyMap<string, OtherVersion> | undefined;
  /**
   * Whether there is that version of the object (any longer); every one, of types that never change, when absent. Who wrote in one
   * that is gone is forgotten.
   */
  readonly hasVersion?: ((apiVersion: string) => boolean) | undefined;
  /** Whether null is a value of its own, as in custom resources. What Go's types hold has none. */
  readonly keepsNull?: boolean;
}

/**
 * metadata.managedFields after a write that is no apply: the client owns what it changed, others lose that.
 * @param old undefined for a create
 * @returns undefined when ownership of the object is not tracked
 */
export function trackUpdate(
  old: JsonObject | undefined,
  updated: JsonObject,
  options: FieldManagement,
): ManagedFieldsEntry[] | undefined {
  return allAtOnce(trackSteps(old, updated, options));
}

/** `trackUpdate`, which rests between steps: each goes through the whole object. */
export function* trackSteps(
  old: JsonObject | undefined,
  updated: JsonObject,
  options: FieldManagement,
): Steps<ManagedFieldsEntry[] | undefined> {
  // Who writes a part of an object cannot say who owns what of the whole.
  const said = (options.subresource ?? "") === "" ? metaOf(updated).managedFields : undefined;
  const known = metaOf(old ?? {}).managedFields;
  // What cannot be read says nothing; what is as it was can.
  const reset = said !== undefined && (said.length === 0 || (said.length === 1 && Object.keys(said[0]!).length === 0));
  const given = said === known || equalJson(said, known) || unreadableManagers(said) === undefined ? said : undefined;
  if (old === undefined && (given === undefined || reset)) {
    const { schema, definition, ignored = [] } = options;
    const { sameness } = options;
    const fields =
      sameness?.fieldsV1 ??
      (ignored.every(({ length }) => length === 1)
        ? createdFields(updated, { schema, definition, ignored: ignored.flat() })
        : undefined);
    if (sameness !== undefined && fields !== undefined) sameness.fieldsV1 = fields;
    if (fields !== undefined) return writeMaker(selfOf(options, "Update"), fields);
  }
  // Clients that know nothing of managed fields leave them out; that must not lose them.
  const entries = (given ?? []).length > 0 ? given : known;
  const managers = reset ? new Map<string, Manager>() : withVersions(readManagers(entries), options);
  if (reset && old !== undefined) return [];
  if (old !== undefined && managers.size === 0) return undefined;
  yield;
  const [before, after] = [withoutManagedFields(old ?? {}), withoutManagedFields(updated)];
  const type = typeOfDefinition(options.schema, options.definition);
  const comparison = compareFields(before, after, { type, schema: options.schema });
  yield;
  const of = { managers: managers.values(), versions: writtenVersions(options.otherVersions) };
  const changesOf = yield* compareInVersions(comparison, { before, after }, of);
  const written = union(comparison.modified, comparison.added);
  const changed = recursiveDifference(difference(written, unownedFields), ignoredSet(options.ignored));
  const self = { ...selfOf(options, "Update"), fields: changed };
  const identity = identityOfManager(self);
  const owned = managers.get(identity)?.fields;
  // Who writes again what is its own, as heartbeats do, loses nothing and gains nothing.
  const isAgain =
    owned !== undefined && changed === written && isEmptySet(comparison.removed) && covers(owned, changed);
  const others = withoutChanges(managers, changesOf, isAgain ? identity : undefined);
  yield;
  if (!isEmptySet(changed)) {
    const former = others.get(identity);
    others.set(identity, former === undefined ? self : { ...self, fields: union(former.fields, changed) });
    capManagers(others, union);
  }
  return writeManagers(others.values());
}

/** `applySteps`, all at once. */
export function applyConfiguration(
  live: JsonObject | undefined,
  configuration: JsonObject,
  options: FieldManagement & { readonly force?: boolean },
): JsonObject {
  return allAtOnce(applySteps(live, configuration, options));
}

/**
 * Server-side apply: the live object with the configuration merged in, without what the applier owned and no longer says,
 * and with metadata.managedFields brought up to date. Neither input is changed. It rests between steps, for each goes through
 * the whole object.
 *
 * @param live undefined when the object is not there yet
 * @throws StatusError Conflict, naming each field and its manager, unless forced
 */
export function* applySteps(
  live: JsonObject | undefined,
  configuration: JsonObject,
  options: FieldManagement & { readonly force?: boolean },
): Steps<JsonObject> {
  if (Array.isArray(metaOf(configuration).managedFields)) throw badRequest("metadata.managedFields must be nil");
  const { schema } = options;
  const type = typeOfDefinition(schema, options.definition);
  const current = withoutManagedFields(live ?? {});
  const known = readManagers(metaOf(live ?? {}).managedFields);
  const managers = withVersions(managersBefore(live, current, { ...options, known }), options);
  const ignored = ignoredSet(options.ignored);
  const self = selfOf(options, "Apply");
  const identity = identityOfManager(self);
  yield;
  const before = managers.get(identity);
  const wanted = withoutIgnored(withoutManagedFields(configuration), options.ignored ?? []);
  const said = fieldSetOf(wanted, type, schema);
  const owned = recursiveDifference(difference(said, unownedFields), ignored);
  yield;
  managers.delete(identity);
  const merged = mergeConfiguration(current, wanted, { type, schema }) as JsonObject;
  yield;
  const versions = writtenVersions(options.otherVersions);
  const pruning = { ...options, last: before, said, managers: managers.values(), versions, current };
  const result = yield* pruneApplied(merged, pruning);
  yield;
  const own = compareFields(current, result, { type, schema });
  const comparison = yield* compareInVersions(
    own,
    { before: current, after: result },
    { managers: managers.values(), versions },
  );
  if (options.force !== true) {
    const agreed = options.manager === KUBECTL ? lastAppliedFields(current, options) : EMPTY_SET;
    const conflicts = conflictsOf(managers, comparison, agreed);
    if (conflicts.length > 0) throw conflictError(conflicts);
  }
  yield;
  const after = withoutChanges(managers, comparison);
  // Who owns more or less than before without any change of the object did nothing at this time.
  const isSame = live !== undefined && isEmptyComparison(own) && equalJson(current, result);
  const time = isSame ? before?.time : self.time;
  after.set(identity, { ...self, time, fields: owned });
  const { managedFields: _, ...rest } = isJsonObject(result.metadata) ? result.metadata : {};
  const managedFields = writeManagers(after.values());
  const metadata = managedFields.length === 0 ? rest : { ...rest, managedFields };
  return { ...result, metadata: options.manager === KUBECTL ? withLastApplied(metadata, configuration) : metadata };
}

/** Managers without those who wrote in versions that are gone, and with what they own by the types of today. */
function withVersions(managers: Map<string, Manager>, options: FieldManagement): Map<string, Manager> {
  const { hasVersion } = options;
  if (hasVersion === undefined) return managers;
  const versions = writtenVersions(options.otherVersions);
  const left = [...managers].filter(([, { apiVersion }]) => hasVersion(apiVersion));
  return new Map(
    left.map(([identity, manager]) => {
      const { schema, definition } = versions.of(manager) ?? options;
      const fields = reconcileFields(manager.fields, typeOfDefinition(schema, definition), schema);
      return [identity, fields === manager.fields ? manager : { ...manager, fields }];
    }),
  );
}

/** Who was there before; an object that nobody tracked so far belongs to one made-up manager. */
function managersBefore(
  live: JsonObject | undefined,
  current: JsonObject,
  options: FieldManagement & { readonly known: ReadonlyMap<string, Manager> },
): Map<string, Manager> {
  if (live === undefined || options.known.size > 0) return new Map(options.known);
  const type = typeOfDefinition(options.schema, options.definition);
  const { added, modified } = compareFields({}, current, { type, schema: options.schema });
  const fields = recursiveDifference(difference(union(added, modified), unownedFields), ignoredSet(options.ignored));
  const before: Manager = {
    manager: "before-first-apply",
    operation: "Update",
    apiVersion: options.apiVersion,
    subresource: "",
    time: options.time,
    fields,
  };
  return new Map([[identityOfManager(before), before]]);
}

const selfOf = (options: FieldManagement, operation: Manager["operation"]): Omit<Manager, "fields"> => ({
  manager: options.manager,
  operation,
  apiVersion: options.apiVersion,
  subresource: options.subresource ?? "",
  // Upstream takes the times of the object's own entries over when it notes who scaled, and knows none of this one.
  time: options.subresource === "scale" ? undefined : options.time,
});

/** Managers without what somebody else just changed or removed; one of them may be known to keep all. */
function withoutChanges(
  managers: ReadonlyMap<string, Manager>,
  changes: ComparisonOf,
  keeper?: string,
): Map<string, Manager> {
  const left = new Map<string, Manager>();
  for (const [identity, manager] of managers) {
    const { modified, added, removed } = changes(manager);
    const fields =
      identity === keeper
        ? manager.fields
        : difference(difference(difference(manager.fields, modified), added), removed);
    left.set(identity, fields === manager.fields ? manager : { ...manager, fields });
  }
  return left;
}

/** Made once for each of the few lists that there are. */
const ignoredSets = new WeakMap<readonly (readonly string[])[], FieldSet>();

function ignoredSet(ignored: readonly (readonly string[])[] | undefined): FieldSet {
  if (ignored === undefined || ignored.length === 0) return EMPTY_SET;
  let set = ignoredSets.get(ignored);
  if (set === undefined) ignoredSets.set(ignored, (set = setOfPaths(ignored)));
  return set;
}

interface FieldConflict {
  readonly manager: Manager;
  readonly path: string;
}

function conflictsOf(managers: ReadonlyMap<string, Manager>, changes: ComparisonOf, agreed: FieldSet): FieldConflict[] {
  return [...managers.values()].flatMap((manager) => {
    const { modified, added } = changes(manager);
    const changed = difference(union(modified, added), agreed);
    return pathsOf(intersection(manager.fields, changed)).map((path) => ({ manager, path: pathText(path) }));
  });
}

function conflictError(conflicts: readonly FieldConflict[]): StatusError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${managerText(manager)}`,
    field: path,
  }));
  return failure(409, "Conflict", conflictMessage(conflicts), { causes });
}

function conflictMessage(conflicts: readonly FieldConflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${managerText(first!.manager)}: ${first!.path}`;
  }
  const byManager = Map.groupBy(conflicts, ({ manager }) => entryText(manager));
  const lines = [...byManager]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, list]) => [
      `conflicts with ${managerText(list[0]!.manager)}:`,
      ...list.map(({ path }) => `- ${path}`),
    ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}

/** A manager as upstream sorts them: what tells it from others, as JSON of an entry. */
function entryText({ manager, operation, apiVersion, subresource }: Manager): string {
  return JSON.stringify({
    ...(manager !== "" && { manager }),
    operation,
    ...(operation !== "Apply" && { apiVersion }),
    ...(subresource !== "" && { subresource }),
  });
}

function managerText({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = `${JSON.stringify(manager)}${subresource === "" ? "" : ` with subresource ${JSON.stringify(subresource)}`}`;
  return operation === "Apply" ? name : `${name} using ${apiVersion}`;
}

function metaOf(object: JsonObject): ObjectMeta {
  return isJsonObject(object.metadata) ? (object.metadata as ObjectMeta) : {};
}

function withoutManagedFields(object: JsonObject): JsonObject {
  if (!isJsonObject(object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function withoutIgnored(object: JsonObject, ignored: readonly (readonly string[])[]): JsonObject {
  const result = { ...object };
  for (const [first, second] of ignored) {
    if (second === undefined) delete result[first!];
    else if (isJsonObject(result[first!])) {
      const { [second]: _, ...rest } = result[first!] as JsonObject;
      result[first!] = rest;
    }
  }
  return result;
}
