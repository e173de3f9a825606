import { conversions } from "../../api/conversions.ts";
import { type ApiObject, parseApiVersion } from "../../api/meta.ts";
import { sameShape } from "../../api/same-shape.ts";
import type { ResourceSchema } from "../../api/schema.ts";
import { loadSchema } from "../../api/schema-data.ts";
import { builtInConversion } from "./built-in-conversion.ts";

type ToStored = (object: ApiObject) => ApiObject;

let found: ReadonlyMap<string, ToStored> | undefined;

/**
 * A built-in object in the version that is stored here. Upstream stores some kinds in an older one, so that its last release can
 * be gone back to (pkg/kubeapiserver/default_storage_factory_builder.go), and what nobody has written since stays as it was.
 */
export function storedForm(object: ApiObject): ApiObject {
  const { group, version } = parseApiVersion(object.apiVersion ?? "");
  found ??= otherVersions(loadSchema().resources.filter(({ verbs }) => verbs.includes("list")));
  const toStored = found.get(`${group}/${version}/${object.kind}`);
  return toStored === undefined ? object : toStored(object);
}

function otherVersions(resources: readonly ResourceSchema[]): ReadonlyMap<string, ToStored> {
  const all = new Map<string, ToStored>();
  const first = new Map<string, ResourceSchema>();
  for (const served of resources) {
    const name = `${served.group}/${served.resource}`;
    const stored = first.get(name);
    if (stored === undefined) first.set(name, served);
    if (stored === undefined || conversions[name]?.storedIn !== undefined) continue;
    const isSame = sameShape(loadSchema(), stored.definition, served.definition);
    const conversion = builtInConversion({ served, stored, isSame });
    // Built-in conversions answer at once.
    const toStored = conversion?.toStored as ToStored | undefined;
    if (toStored !== undefined) all.set(`${served.group}/${served.version}/${served.kind}`, toStored);
  }
  return all;
}
