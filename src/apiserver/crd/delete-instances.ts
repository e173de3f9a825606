import { isBeingDeleted } from "../../api/meta.ts";
import { isNotFound } from "../../api/status.ts";
import { sleep } from "../../base/clock.ts";
import type { Store } from "../../store/store.ts";
import type { StoreFeed } from "../cache/store-feed.ts";
import { WatchCache } from "../cache/watch-cache.ts";
import { objectOf } from "../registry/codec.ts";
import { deleteObject } from "../registry/delete.ts";
import { type ServedResource, withChanges } from "../registry/resource.ts";
import { ResourceStorage } from "../registry/storage.ts";
import type { WriteContext } from "../registry/strategy.ts";

/** How long objects may keep their finalizers until that is told as a failure, and how often it is looked for new ones. */
const GONE_WITHIN_MS = 60_000;
const LOOK_AGAIN_MS = 5_000;

/** Why objects of a definition are still there; the condition's reason and message. */
export class InstanceDeletionError extends Error {
  override name = "InstanceDeletionError";
  readonly reason: string;
  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export interface DeleteInstances {
  /** The resource in the version that is stored. */
  readonly resource: ServedResource;
  readonly store: Store;
  readonly feed: StoreFeed;
  readonly context: WriteContext;
  readonly signal: AbortSignal;
}

/**
 * Deletes every object of a definition and waits until none is there. It works on what is stored, as it is stored, and asks no
 * webhook: neither a conversion nor a policy that came with an operator must hold the operator's own removal.
 * @throws InstanceDeletionError
 */
export async function deleteInstances(options: DeleteInstances): Promise<void> {
  const { resource, store, feed, context, signal } = options;
  const cache = new WatchCache({ prefix: resource.storage.prefix, store, feed });
  const plain = withChanges(resource, {
    storage: new ResourceStorage({ store, cache }),
    admission: { admit: async () => {}, validate: async () => {} },
  });
  const until = context.clock.monotonic() + GONE_WITHIN_MS;
  try {
    for (;;) {
      await deleteAll(plain, context);
      if (await isEmptyWithin(cache, options)) return;
      if (signal.aborted || context.clock.monotonic() >= until) break;
    }
  } finally {
    cache.close();
  }
  throw new InstanceDeletionError(
    "InstanceDeletionCheck",
    "could not confirm zero CustomResources remaining: timed out waiting for the condition",
  );
}

async function deleteAll(resource: ServedResource, context: WriteContext): Promise<void> {
  const { cache, prefix } = resource.storage;
  try {
    await cache.fresh();
  } catch (error) {
    throw new InstanceDeletionError("InstanceDeletionFailed", `could not list instances: ${error}`, { cause: error });
  }
  for (const entry of cache.candidates({ prefix })) {
    if (isBeingDeleted(objectOf(entry.bytes))) continue;
    const [name = "", namespace = ""] = entry.key.slice(prefix.length).split("/").reverse();
    try {
      await deleteObject(resource, { namespace, name, options: {} }, context);
    } catch (error) {
      if (isNotFound(error)) continue;
      const message = `could not issue all deletes: ${error instanceof Error ? error.message : error}`;
      throw new InstanceDeletionError("InstanceDeletionFailed", message, { cause: error });
    }
  }
}

async function isEmptyWithin(cache: WatchCache, { context, signal }: DeleteInstances): Promise<boolean> {
  const empty = new AbortController();
  const stop = (): void => empty.abort();
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  const unfollow = await cache.follow(() => {
    if (cache.count(cache.prefix) === 0) stop();
  });
  try {
    if (cache.count(cache.prefix) > 0) await sleep(context.clock, LOOK_AGAIN_MS, empty.signal);
    return cache.count(cache.prefix) === 0;
  } finally {
    unfollow();
    signal.removeEventListener("abort", stop);
  }
}
