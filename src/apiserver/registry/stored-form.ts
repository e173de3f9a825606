import { conversions } from "../../api/conversions.ts";
import { olderService } from "../../api/core/older-service.ts";
import type { Service } from "../../api/generated/core/v1.ts";
import { type ApiObject, apiVersionOf } from "../../api/meta.ts";
import { type FromPast, pastVersions } from "../../api/past-versions.ts";
import { sameShape } from "../../api/same-shape.ts";
import type { ResourceSchema } from "../../api/schema.ts";
import { loadSchema } from "../../api/schema-data.ts";
import { builtInConversion } from "./built-in-conversion.ts";
import { apiVersionIn } from "./codec.ts";
import { STORAGE_ROOT, storagePrefix } from "./storage-prefix.ts";

interface Versions {
  /** Versions that are not the stored one, by group, version and kind. */
  readonly others: ReadonlyMap<string, { readonly served: ResourceSchema; readonly stored: ResourceSchema }>;
  /** The same of versions that are served no more. */
  readonly past: ReadonlyMap<string, FromPast>;
  /** The apiVersion that is stored where there are several, by the first part of the key behind the root. */
  readonly stored: ReadonlyMap<string, string>;
}

const SERVICES = storagePrefix("", "services");
/** In every Service that was stored since 1.20, but those that are names of elsewhere. */
const WITH_ADDRESSES = '"clusterIPs"';

let known: Versions | undefined;
const versions = (): Versions => (known ??= versionsOf(loadSchema().resources));
const conversionsToStored = new Map<string, FromPast>();

/**
 * A built-in object in the version that is stored here. Upstream stores some kinds in an older one, so that its last release can
 * be gone back to (pkg/kubeapiserver/default_storage_factory_builder.go), and what nobody has written since stays as it was.
 */
export function storedForm(object: ApiObject): ApiObject {
  const name = `${object.apiVersion}/${object.kind}`;
  if (name === "v1/Service") return olderService(object as Service);
  const past = versions().past.get(name);
  if (past !== undefined) return past(object);
  const other = versions().others.get(name);
  if (other === undefined) return object;
  let toStored = conversionsToStored.get(name);
  if (toStored === undefined) {
    const isSame = sameShape(loadSchema(), other.stored.definition, other.served.definition);
    // Built-in conversions answer at once. A version that nobody converts is shown as it is.
    toStored = (builtInConversion({ ...other, isSame })?.toStored ?? ((as) => as)) as FromPast;
    conversionsToStored.set(name, toStored);
  }
  return toStored(object);
}

/** Whether the JSON under a key is in another version than the stored one, or not as it is written in that one now. */
export function isOtherVersion(key: string, json: Buffer): boolean {
  if (key.startsWith(SERVICES)) return !json.includes(WITH_ADDRESSES, 0, "latin1");
  const stored = versions().stored.get(firstPart(key));
  if (stored === undefined) return false;
  const apiVersion = apiVersionIn(json);
  return apiVersion !== undefined && apiVersion !== stored;
}

const firstPart = (key: string): string => key.slice(STORAGE_ROOT.length, key.indexOf("/", STORAGE_ROOT.length));

function versionsOf(all: readonly ResourceSchema[]): Versions {
  const others = new Map<string, { served: ResourceSchema; stored: ResourceSchema }>();
  const past = new Map<string, FromPast>();
  const stored = new Map<string, string>();
  const first = new Map<string, ResourceSchema>();
  const note = (own: ResourceSchema) =>
    stored.set(firstPart(storagePrefix(own.group, own.resource)), apiVersionOf(own));
  for (const served of all.filter(({ verbs }) => verbs.includes("list"))) {
    const known = conversions[`${served.group}/${served.resource}`];
    const { group, resource } = known?.storedIn ?? served;
    const name = `${group}/${resource}`;
    const own = first.get(name);
    if (own !== undefined) {
      others.set(`${apiVersionOf(served)}/${served.kind}`, { served, stored: own });
      note(own);
      continue;
    }
    first.set(name, served);
    for (const [apiVersion, toStored] of Object.entries(pastVersions[name] ?? {})) {
      past.set(`${apiVersion}/${served.kind}`, toStored);
      note(served);
    }
  }
  return { others, past, stored };
}
