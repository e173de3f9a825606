import type { Schema } from "../schema.ts";
import { pruneOwned } from "./apply-merge.ts";
import { type Comparison, compareFields } from "./field-compare.ts";
import { EMPTY_SET, type FieldSet, union } from "./field-set.ts";
import { typeOfDefinition } from "./field-types.ts";
import type { JsonObject } from "./json-value.ts";

/** Another version of an object, of another shape, in which somebody wrote. Conversions change nothing that they are given. */
export interface OtherVersion {
  readonly definition: string;
  readonly schema: Schema;
  convert(object: JsonObject): JsonObject;
  /** To the version that is written now. */
  back(object: JsonObject): JsonObject;
}

/** What differs between two forms of an object, as the other version says it; undefined when it cannot say. */
export function compareInVersion(before: JsonObject, after: JsonObject, version: OtherVersion): Comparison | undefined {
  const { schema } = version;
  const type = typeOfDefinition(schema, version.definition);
  const [left, right] = [converted(before, version), converted(after, version)];
  return left && right && compareFields(left, right, { type, schema });
}

/**
 * The fields of an object that fields of its other version stand for: those that go or change when these are taken away.
 *
 * @param type of the object in its own version
 */
export function fieldsFromVersion(
  object: JsonObject,
  fields: FieldSet,
  of: { readonly version: OtherVersion; readonly schema: Schema; readonly definition: string | undefined },
): FieldSet {
  const { version, schema, definition } = of;
  const shown = converted(object, version);
  if (shown === undefined) return EMPTY_SET;
  const otherType = typeOfDefinition(version.schema, version.definition);
  const sets = { last: fields, keep: EMPTY_SET };
  const without = (pruneOwned(shown, sets, { type: otherType, schema: version.schema }) ?? {}) as JsonObject;
  const { kind, apiVersion } = shown;
  const [all, rest] = [back(shown, version), back({ ...without, kind, apiVersion } as JsonObject, version)];
  if (all === undefined || rest === undefined) return EMPTY_SET;
  const { removed, modified } = compareFields(all, rest, { type: typeOfDefinition(schema, definition), schema });
  return union(removed, modified);
}

/** What cannot be converted, such as half an object, is nobody's. */
const converted = (object: JsonObject, { convert }: OtherVersion) => attempt(() => convert(object));
const back = (object: JsonObject, version: OtherVersion) => attempt(() => version.back(object));

function attempt(convert: () => JsonObject): JsonObject | undefined {
  try {
    return convert();
  } catch {
    return undefined;
  }
}
