import { conversions, type VersionConversion } from "../../api/conversions.ts";
import { type ApiObject, apiVersionOf } from "../../api/meta.ts";
import type { JsonObject } from "../../api/patch/json-value.ts";
import type { OtherVersion } from "../../api/patch/other-version.ts";
import type { ResourceSchema, Schema } from "../../api/schema.ts";

const known = new WeakMap<ResourceSchema, ReadonlyMap<string, OtherVersion>>();

/**
 * The versions of a built-in resource that have another shape than this one, by apiVersion: who has written in one of them
 * owns fields by other names. Versions of the same shape, and of custom resources, are not among them.
 */
export function otherVersions(own: ResourceSchema, schema: Schema): ReadonlyMap<string, OtherVersion> {
  let found = known.get(own);
  if (found === undefined) {
    found = collect(own, schema);
    known.set(own, found);
  }
  return found;
}

function collect(own: ResourceSchema, schema: Schema): ReadonlyMap<string, OtherVersion> {
  const found = new Map<string, OtherVersion>();
  const ownConversion = conversionOf(own);
  const home = homeOf(own);
  for (const other of schema.resources) {
    if (other === own || homeOf(other) !== home) continue;
    const otherConversion = conversionOf(other);
    if (ownConversion === undefined && otherConversion === undefined) continue;
    found.set(apiVersionOf(other), {
      definition: other.definition,
      schema,
      convert: through(ownConversion, otherConversion, apiVersionOf(other)),
      back: through(otherConversion, ownConversion, apiVersionOf(own)),
    });
  }
  return found;
}

function homeOf({ group, resource }: { readonly group: string; readonly resource: string }): string {
  const to = conversions[`${group}/${resource}`]?.storedIn;
  return to === undefined ? `${group}/${resource}` : `${to.group}/${to.resource}`;
}

const conversionOf = ({ group, resource, version }: ResourceSchema): VersionConversion | undefined =>
  conversions[`${group}/${resource}`]?.versions[version];

/** By way of the stored version, whose shape all versions without a conversion of their own have. */
function through(from: VersionConversion | undefined, to: VersionConversion | undefined, apiVersion: string) {
  const convert = (object: JsonObject): JsonObject => {
    const stored = from === undefined ? (object as ApiObject) : from.toStored(object as ApiObject);
    const shown = to === undefined ? stored : to.fromStored(stored);
    return { ...shown, apiVersion } as JsonObject;
  };
  return (objects: readonly JsonObject[]) => objects.map((object) => attempt(() => convert(object)));
}

function attempt(convert: () => JsonObject): JsonObject | undefined {
  try {
    return convert();
  } catch {
    return undefined;
  }
}
