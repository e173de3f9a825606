import type { ApiObject, ResourceReference } from "../api/meta.ts";
import { invariant } from "../base/assert.ts";
import { atOnce } from "../base/at-once.ts";
import type { Clock } from "../base/clock.ts";
import { eachInTurns } from "../base/turn-time.ts";
import type { CacheEntry } from "./cache/entry.ts";
import type { Labels, ObjectChange, ObjectReader } from "./reader.ts";
import { labelsIn, objectOf } from "./registry/codec.ts";
import type { ServedResource } from "./registry/resource.ts";
import type { ResourceTable } from "./registry/resource-table.ts";

/** So many objects are parsed in a millisecond or two. */
const AT_ONCE = 100;

/** The ObjectReader over the watch caches. The table may come into being later than the reader. */
export function cacheReader(table: () => ResourceTable): ObjectReader {
  const keys = new WeakMap<ResourceReference<ApiObject>, string>();
  const keyOf = (reference: ResourceReference<ApiObject>): string => {
    let key = keys.get(reference);
    if (key === undefined) keys.set(reference, (key = `${reference.group}/${reference.version}/${reference.resource}`));
    return key;
  };
  const served = (reference: ResourceReference<ApiObject>): ServedResource => {
    const resource = table().at(keyOf(reference));
    invariant(resource !== undefined, `${reference.resource} of ${reference.group}/${reference.version} is served`);
    return resource;
  };
  return {
    get<T extends ApiObject>(reference: ResourceReference<T>, namespace: string | undefined, name: string) {
      const stored = served(reference).storage.get(namespace ?? "", name);
      return atOnce(stored, (found) => found?.object as T | undefined);
    },
    labels(reference, namespace, name) {
      return atOnce(served(reference).storage.entry(namespace ?? "", name), labelsOf);
    },
    list<T extends ApiObject>(reference: ResourceReference<T>, namespace?: string) {
      const { cache, prefix } = served(reference).storage;
      const selection = { prefix: prefix + (namespace === undefined || namespace === "" ? "" : `${namespace}/`) };
      const read = (): T[] | Promise<T[]> => {
        const entries = cache.candidates(selection);
        if (entries.length > AT_ONCE) return parsed(entries, cache.clock);
        return entries.map((entry) => objectOf<T>(entry.bytes));
      };
      const fresh = cache.fresh();
      return fresh instanceof Promise ? fresh.then(read) : read();
    },
    follow<T extends ApiObject>(reference: ResourceReference<T>, handler: (change: ObjectChange<T>) => void) {
      return served(reference).storage.cache.follow((event) => {
        const before = event.before === undefined ? undefined : objectOf<T>(event.before.bytes);
        const after = event.after === undefined ? undefined : objectOf<T>(event.after.bytes);
        handler({ before, after });
      });
    },
  };
}

function labelsOf(entry: CacheEntry | undefined): Labels | undefined {
  return entry && (entry.labels ?? labelsIn(entry.bytes) ?? {});
}

async function parsed<T extends ApiObject>(entries: readonly CacheEntry[], clock: Clock): Promise<T[]> {
  const objects: T[] = [];
  await eachInTurns(clock, entries, ({ bytes }) => void objects.push(objectOf<T>(bytes)));
  return objects;
}
