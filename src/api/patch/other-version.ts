import type { Schema } from "../schema.ts";
import { type Comparison, compareFields, isEmptyComparison } from "./field-compare.ts";
import { typeOfDefinition } from "./field-types.ts";
import type { JsonObject } from "./json-value.ts";
import type { Manager } from "./managers.ts";
import { type Steps, settled } from "./steps.ts";

/** What cannot be converted, such as half an object, is undefined. */
export type ConvertedObjects = readonly (JsonObject | undefined)[];

/** Another version of an object, of another shape, in which somebody wrote. Conversions change nothing that they are given. */
export interface OtherVersion {
  readonly definition: string;
  readonly schema: Schema;
  /** Several at once. A promise where somebody else converts, who may fail. */
  convert(objects: readonly JsonObject[]): ConvertedObjects | Promise<ConvertedObjects>;
  /** To the version that is written now. */
  back(objects: readonly JsonObject[]): ConvertedObjects | Promise<ConvertedObjects>;
}

/** The versions that matter to one write. What was converted once is known. */
export interface WrittenVersions {
  /** Undefined for the version that is written, and for those of the same shape. */
  of(manager: Manager): OtherVersion | undefined;
  convert(version: OtherVersion, objects: readonly JsonObject[]): Steps<ConvertedObjects>;
}

export function writtenVersions(others: ReadonlyMap<string, OtherVersion> | undefined): WrittenVersions {
  const known = new Map<OtherVersion, Map<JsonObject, JsonObject | undefined>>();
  return {
    of: ({ apiVersion }) => others?.get(apiVersion),
    *convert(version, objects) {
      const done = known.get(version) ?? new Map<JsonObject, JsonObject | undefined>();
      known.set(version, done);
      const asked = [...new Set(objects)].filter((object) => !done.has(object));
      const converted = asked.length === 0 ? [] : yield* settled(version.convert(asked));
      asked.forEach((object, index) => void done.set(object, converted[index]));
      return objects.map((object) => done.get(object));
    },
  };
}

/** What a write changed, as the version of a manager says it. */
export type ComparisonOf = (manager: Manager) => Comparison;

/** How the forms of an object before and after a write differ, in the version of each manager. */
export function* compareInVersions(
  own: Comparison,
  { before, after }: { readonly before: JsonObject; readonly after: JsonObject },
  of: { readonly managers: Iterable<Manager>; readonly versions: WrittenVersions },
): Steps<ComparisonOf> {
  const { managers, versions } = of;
  if (isEmptyComparison(own)) return () => own;
  const found = new Map<OtherVersion | undefined, Comparison>([[undefined, own]]);
  for (const manager of managers) {
    const version = versions.of(manager);
    if (version === undefined || found.has(version)) continue;
    const [left, right] = yield* versions.convert(version, [before, after]);
    const { schema, definition } = version;
    const type = typeOfDefinition(schema, definition);
    found.set(version, left && right ? compareFields(left, right, { type, schema }) : own);
  }
  return (manager) => found.get(versions.of(manager)) ?? own;
}
