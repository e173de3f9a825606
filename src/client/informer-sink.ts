import type { ApiObject } from "../api/meta.ts";
import type { TraceContext } from "../base/trace.ts";
import type { CacheEntry, InformerCache } from "./informer-cache.ts";

/** Where a reflector puts what it sees. */
export interface InformerSink<T extends ApiObject> {
  /** Collects a list; at its end there is exactly what was added. */
  list(): { add(key: string, object: T): void; end(): void };
  put(key: string, object: T, cause?: TraceContext): void;
  /** @param object its last state */
  remove(key: string, object: T, cause?: TraceContext): void;
}

/** Keeps what the projection gives. */
export function projecting<T extends ApiObject, P>(
  cache: InformerCache<P>,
  project: (object: T) => P,
): InformerSink<T> {
  const entryOf = (object: T): CacheEntry<P> => ({
    item: project(object),
    uid: object.metadata?.uid ?? "",
    revision: object.metadata?.resourceVersion ?? "",
  });
  return {
    list() {
      const entries = new Map<string, CacheEntry<P>>();
      return {
        add: (key, object) => void entries.set(key, entryOf(object)),
        end: () => cache.replace(entries),
      };
    },
    put: (key, object, cause) => cache.put(key, entryOf(object), cause),
    remove: (key, object, cause) => cache.remove(key, entryOf(object), cause),
  };
}
