import { type ApiObject, parseApiVersion } from "../../api/meta.ts";
import { cloneJson, equalJson, type JsonObject } from "../../api/patch/json-value.ts";
import type { OtherVersion } from "../../api/patch/other-version.ts";
import { internalError } from "../../api/status.ts";
import { normalizeCustomResource } from "../../api/structural/normalize.ts";
import { prune } from "../../api/structural/prune.ts";
import { present } from "../../base/assert.ts";
import type { Conversion } from "../registry/conversion.ts";
import type { Converter } from "./converter.ts";
import type { CustomVersion } from "./custom-version.ts";

/**
 * What upstream does between the store and a served version: an object is pruned and gets its defaults by the schema of the
 * version that it is stored in, is converted, and pruned by the schema of the other version; on the way back without defaults.
 */
export function customConversion(of: {
  versions: ReadonlyMap<string, CustomVersion>;
  storageVersion: string;
  served: CustomVersion;
  convert: Converter;
}): Conversion {
  const { versions, storageVersion, served, convert } = of;
  const stored = present(versions.get(storageVersion), "the storage version of a definition");
  // What was just written comes by a second time, as an event.
  const known = new WeakMap<ApiObject, ApiObject>();
  const normalize = (object: ApiObject): ApiObject => {
    const normalized = known.get(object) ?? normalizedAsStored(object, versions);
    known.set(object, normalized);
    return normalized;
  };
  return {
    storageVersion,
    fromStored(objects) {
      return convertAll(objects.map(normalize), served, convert);
    },
    toStored(object) {
      if (object.apiVersion === stored.apiVersion) return object;
      const converted = convertAll([object], stored, convert);
      return converted instanceof Promise ? converted.then(([only]) => only!) : converted[0]!;
    },
  };
}

/**
 * The other versions of a definition, for who owns fields by the names that those have. Pruned as conversions are, and
 * without defaults.
 */
export function convertedVersions(of: {
  versions: ReadonlyMap<string, CustomVersion>;
  served: CustomVersion;
  convert: Converter;
}): ReadonlyMap<string, OtherVersion> {
  const { versions, served, convert } = of;
  const to = (version: CustomVersion) => async (objects: readonly JsonObject[]) =>
    (await convertAll(objects as readonly ApiObject[], version, convert)) as readonly JsonObject[];
  const others = [...versions.values()].filter((version) => version !== served);
  return new Map(
    others.map((version) => [
      version.apiVersion,
      {
        definition: version.definition,
        get schema() {
          return version.schema();
        },
        convert: to(version),
        back: to(served),
      },
    ]),
  );
}

/** Objects may be of several versions: each group of one version is converted at once, and order is kept. */
function convertAll(
  objects: readonly ApiObject[],
  to: CustomVersion,
  convert: Converter,
): readonly ApiObject[] | Promise<readonly ApiObject[]> {
  const groups = new Map<string, number[]>();
  objects.forEach(({ apiVersion = "" }, index) => {
    if (apiVersion !== to.apiVersion) groups.set(apiVersion, [...(groups.get(apiVersion) ?? []), index]);
  });
  if (groups.size === 0) return objects;
  const result = [...objects];
  const take = (indexes: readonly number[], converted: readonly ApiObject[]): void => {
    indexes.forEach((index, at) => {
      result[index] = pruned(converted[at]!, to);
    });
  };
  const waiting: Promise<void>[] = [];
  for (const indexes of groups.values()) {
    const converted = convert(
      indexes.map((index) => objects[index]!),
      to.apiVersion,
    );
    if (converted instanceof Promise) waiting.push(converted.then((done) => take(indexes, done)));
    else take(indexes, converted);
  }
  return waiting.length === 0 ? result : Promise.all(waiting).then(() => result);
}

/** The very same object where it is as it should be. */
function normalizedAsStored(object: ApiObject, versions: ReadonlyMap<string, CustomVersion>): ApiObject {
  const { version } = parseApiVersion(object.apiVersion ?? "");
  const own = versions.get(version);
  if (own === undefined) {
    throw internalError(`request to convert CR from an invalid group/version: ${object.apiVersion}`);
  }
  const draft = cloneJson(object);
  normalizeCustomResource(own.structural(), draft as JsonObject, { dropInvalid: true });
  if (draft.metadata !== undefined) draft.metadata.generation ||= 1;
  return equalJson(draft, object) ? object : draft;
}

function pruned(object: ApiObject, version: CustomVersion): ApiObject {
  const draft = cloneJson(object);
  prune(version.structural(), draft as JsonObject, { isResourceRoot: true });
  return draft;
}
