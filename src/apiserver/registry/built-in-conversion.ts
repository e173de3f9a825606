import { conversions } from "../../api/conversions.ts";
import { apiVersionOf } from "../../api/meta.ts";
import type { ResourceSchema } from "../../api/schema.ts";
import type { Conversion } from "./conversion.ts";

/** How a version of a built-in resource is served from the stored one; undefined when nobody has said how. */
export function builtInConversion(of: {
  served: ResourceSchema;
  stored: ResourceSchema;
  /** Both have the same fields all the way down. */
  isSame: boolean;
}): Conversion | undefined {
  const { served, stored } = of;
  const storageVersion = stored.version;
  const known = conversions[`${served.group}/${served.resource}`]?.versions[served.version];
  if (known !== undefined) {
    return { storageVersion, toStored: known.toStored, fromStored: (objects) => objects.map(known.fromStored) };
  }
  if (!of.isSame) return undefined;
  const [own, other] = [apiVersionOf(served), apiVersionOf(stored)];
  return {
    storageVersion,
    toStored: (object) => ({ ...object, apiVersion: other }),
    fromStored: (objects) => objects.map((object) => ({ ...object, apiVersion: own })),
  };
}
