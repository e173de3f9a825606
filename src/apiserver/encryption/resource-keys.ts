import { STORAGE_ROOT, storagePrefix } from "../registry/storage-prefix.ts";
import type { GroupResource } from "./configuration.ts";

/** Tells whose object a storage key is. */
export interface ResourceKeys {
  /** The part of the key that all objects of its resource share: `/registry/secrets/`. */
  prefixOf(key: string): string;
  /** The resource behind such a prefix. Custom resources are kept under their group and name. */
  resourceOf(prefix: string): GroupResource;
}

export function resourceKeys(resources: readonly GroupResource[]): ResourceKeys {
  const known = new Map<string, GroupResource>();
  for (const { group, resource } of resources) {
    const prefix = storagePrefix(group, resource);
    if (!known.has(prefix)) known.set(prefix, { group, resource });
  }
  return {
    prefixOf(key) {
      const first = key.indexOf("/", STORAGE_ROOT.length) + 1;
      const short = key.slice(0, first);
      if (first === 0 || known.has(short)) return short;
      return key.slice(0, key.indexOf("/", first) + 1);
    },
    resourceOf(prefix) {
      const [group = "", resource = ""] = prefix.slice(STORAGE_ROOT.length).split("/");
      return known.get(prefix) ?? { group, resource };
    },
  };
}
