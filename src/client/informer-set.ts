import type { ApiObject, ResourceReference } from "../api/meta.ts";
import { apiVersionOf } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Client } from "./client.ts";
import type { Informer, InformerOptions, InformerSet } from "./informer.ts";
import { InformerCache } from "./informer-cache.ts";
import { InformerRows } from "./informer-rows.ts";
import { type Collection, runReflector } from "./reflector.ts";

export interface InformerSetOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

interface Feed {
  readonly source: Collection<ApiObject>;
  readonly rows: InformerRows<ApiObject>;
}

function collectionId<T extends ApiObject>(source: Collection<T>): string {
  const { resource, namespace, labelSelector, fieldSelector } = source;
  return JSON.stringify([apiVersionOf(resource), resource.resource, namespace, labelSelector, fieldSelector]);
}

/** Informers that share one client: `informer` one a resource, `projected` one an options object. See client/informer.ts. */
export function createInformerSet(options: InformerSetOptions): InformerSet {
  const stopping = new AbortController();
  const shared = new Map<string, InformerCache<ApiObject>>();
  const projections = new WeakMap<object, unknown>();
  const caches: InformerCache<unknown>[] = [];
  /** By collection, those that do not run yet: whoever looks at the same objects shares one watch. */
  const waiting = new Map<string, Feed>();
  const running: Promise<void>[] = [];
  let started = false;

  function open<T extends ApiObject, P>(source: InformerOptions<T, P>): InformerCache<P> {
    const id = collectionId(source);
    const known = waiting.get(id);
    const feed = known ?? { source, rows: new InformerRows<ApiObject>() };
    const cache = new InformerCache<P>({ log: options.log, rows: feed.rows, project: source.project });
    caches.push(cache as InformerCache<unknown>);
    if (started) begin(feed);
    else waiting.set(id, feed);
    return cache;
  }

  function begin({ source, rows }: Feed): void {
    running.push(runReflector({ ...options, source, rows, signal: stopping.signal }));
  }

  return {
    informer<T extends ApiObject>(resource: ResourceReference<T>, indexes: InformerOptions<T, T>["indexes"]) {
      const id = `${apiVersionOf(resource)}/${resource.resource}`;
      const cache =
        (shared.get(id) as InformerCache<T> | undefined) ?? open<T, T>({ resource, project: (object) => object });
      shared.set(id, cache as unknown as InformerCache<ApiObject>);
      return cache.view(indexes) as Informer<T>;
    },
    projected<T extends ApiObject, P>(source: InformerOptions<T, P>) {
      // The same options object, a constant that several components share, needs no second copy.
      const cache = (projections.get(source) as InformerCache<P> | undefined) ?? open(source);
      projections.set(source, cache);
      return cache.view(source.indexes);
    },
    async start() {
      started = true;
      for (const feed of waiting.values()) begin(feed);
      waiting.clear();
      const stopped = new Promise<void>((resolve) => {
        if (stopping.signal.aborted) resolve();
        else stopping.signal.addEventListener("abort", () => resolve(), { once: true });
      });
      await Promise.race([Promise.all(caches.map((cache) => cache.synced)), stopped]);
    },
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}
