import { invariant } from "../../base/assert.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import { nextTurn } from "../../base/turn.ts";
import type { StoreEvent, WatchBatch, WatchRequest } from "../store.ts";
import type { VersionedMap } from "./versioned-map.ts";

/** How many changes one batch looks at when a watch catches up. */
const CATCH_UP_LIMIT = 1000;
/** A watch whose prefix is quiet hears at least so often how far the store has come, while others write. */
const PROGRESS_INTERVAL_MS = 100;

interface Watcher {
  readonly prefix: string;
  /** Everything up to here has been looked at. */
  cursor: number;
  /** Everything up to here has been said to the consumer. */
  given: number;
  /** Set while the consumer waits, and only when `cursor` is at the store's revision. */
  waiting: ((result: IteratorResult<WatchBatch>) => void) | undefined;
  ended: boolean;
  /** Takes back the listener on the request's signal. */
  detach(): void;
}

/**
 * Fans changes out. The history is the queue of every watcher: one that waits gets new changes at once, one that is busy
 * finds them in the history when it comes back. So a slow watcher costs no memory of its own; it ends with CompactedError
 * when the history's bounds (compaction-schedule.ts) have passed it by.
 */
export class WatchHub {
  readonly #map: VersionedMap;
  readonly #clock: Clock;
  readonly #groups = new Map<string, Set<Watcher>>();
  #progressTimer: Timer | undefined;
  #progressRequested = false;
  #ended = false;

  constructor(map: VersionedMap, clock: Clock) {
    this.#map = map;
    this.#clock = clock;
  }

  watch(request: WatchRequest): AsyncIterable<WatchBatch> {
    return { [Symbol.asyncIterator]: () => this.#iterate(request) };
  }

  /** Tells the watchers what the map has just taken in. All batches are shared: consumers must not change them. */
  publish(events: readonly StoreEvent[]): void {
    const revision = this.#map.revision;
    let lagging = false;
    for (const [prefix, watchers] of this.#groups) {
      let batch: WatchBatch | undefined;
      for (const watcher of watchers) {
        if (watcher.waiting === undefined) continue;
        batch ??= { revision, events: events.filter((event) => event.key.startsWith(prefix)) };
        watcher.cursor = revision;
        if (batch.events.length > 0) deliver(watcher, batch);
        else lagging = true;
      }
    }
    if (lagging) this.#progressTimer ??= this.#clock.setTimer(() => this.#giveProgress(), PROGRESS_INTERVAL_MS);
  }

  /** Somebody asked how far the store is and may wait for a watch to get there: say so to all at the next turn. */
  requestProgress(): void {
    if (this.#progressTimer === undefined || this.#progressRequested) return;
    this.#progressRequested = true;
    void nextTurn().then(() => this.#giveProgress());
  }

  /** Ends all watches. */
  end(): void {
    this.#ended = true;
    this.#progressTimer?.cancel();
    this.#progressTimer = undefined;
    for (const watchers of this.#groups.values()) for (const watcher of watchers) this.#finish(watcher);
  }

  #giveProgress(): void {
    this.#progressRequested = false;
    this.#progressTimer?.cancel();
    this.#progressTimer = undefined;
    const batch: WatchBatch = { revision: this.#map.revision, events: [] };
    for (const watchers of this.#groups.values()) {
      for (const watcher of watchers) {
        if (watcher.waiting !== undefined && watcher.given < batch.revision) deliver(watcher, batch);
      }
    }
  }

  #iterate(request: WatchRequest): AsyncIterator<WatchBatch> {
    const { prefix, afterRevision, signal } = request;
    const end = (): void => this.#finish(watcher);
    const watcher: Watcher = {
      prefix,
      cursor: afterRevision,
      given: afterRevision,
      waiting: undefined,
      ended: this.#ended || signal?.aborted === true,
      detach: () => signal?.removeEventListener("abort", end),
    };
    if (!watcher.ended) {
      signal?.addEventListener("abort", end);
      this.#join(watcher);
    }
    return {
      next: async () => {
        if (watcher.ended) return finished();
        try {
          return await this.#next(watcher);
        } catch (error) {
          end();
          throw error;
        }
      },
      return: async () => {
        end();
        return finished();
      },
    };
  }

  #next(watcher: Watcher): IteratorResult<WatchBatch> | Promise<IteratorResult<WatchBatch>> {
    invariant(watcher.waiting === undefined, "a watch is read by one consumer at a time");
    this.#map.checkRevision(watcher.cursor);
    if (watcher.cursor === this.#map.revision) {
      return new Promise((resolve) => {
        watcher.waiting = resolve;
      });
    }
    const batch = this.#map.read(watcher.prefix, watcher.cursor, CATCH_UP_LIMIT);
    watcher.cursor = batch.revision;
    watcher.given = batch.revision;
    return { done: false, value: batch };
  }

  #join(watcher: Watcher): void {
    const group = this.#groups.get(watcher.prefix);
    if (group === undefined) this.#groups.set(watcher.prefix, new Set([watcher]));
    else group.add(watcher);
  }

  #finish(watcher: Watcher): void {
    if (watcher.ended) return;
    watcher.ended = true;
    watcher.detach();
    const group = this.#groups.get(watcher.prefix);
    group?.delete(watcher);
    if (group?.size === 0) this.#groups.delete(watcher.prefix);
    const waiting = watcher.waiting;
    watcher.waiting = undefined;
    waiting?.(finished());
  }
}

function deliver(watcher: Watcher, batch: WatchBatch): void {
  const waiting = watcher.waiting;
  watcher.waiting = undefined;
  watcher.given = batch.revision;
  waiting?.({ done: false, value: batch });
}

function finished(): IteratorReturnResult<undefined> {
  return { done: true, value: undefined };
}
