import { invariant } from "../../base/assert.ts";
import { AsyncQueue } from "../../base/async-queue.ts";
import type { Clock } from "../../base/clock.ts";
import { SortedMap } from "../../base/sorted-map.ts";
import type { ListResult, Store, StoreEvent } from "../../store/store.ts";
import { stamp } from "../registry/codec.ts";
import { type CacheEntry, CacheEvent, type EventType } from "./entry.ts";
import type { StoreFeed } from "./store-feed.ts";

/** Which objects a reader wants. `undefined` parts want all. */
export interface Selection {
  /** Keys start with this (the resource's prefix plus a namespace). */
  readonly prefix: string;
  readonly matches?: ((entry: CacheEntry) => boolean) | undefined;
  /** Value of the cache's trigger field that every wanted object has: lets an event find its watchers directly. */
  readonly trigger?: string | undefined;
}

export interface SelectedEvent {
  readonly type: EventType;
  readonly event: CacheEvent;
}

/** A watcher that reads too slowly is ended when so many events wait for it; the client then resumes by itself. */
export const WATCH_QUEUE_CAPACITY = 10_000;

interface Watcher {
  readonly selection: Selection;
  readonly queue: AsyncQueue<SelectedEvent | "tick">;
}

export interface WatchSettings {
  readonly signal: AbortSignal;
  /** Gives a "tick" so often (the moment for a bookmark); never when absent. */
  readonly tickMs?: number;
  readonly clock?: Clock;
}

/**
 * All objects of one resource as bytes, kept current by the store's feed, and the fan-out of its changes.
 * It starts at first use. Reads see everything that was durable when they were asked.
 */
export class WatchCache {
  readonly prefix: string;
  readonly #store: Store;
  readonly #feed: StoreFeed;
  readonly #triggerOf: ((entry: CacheEntry) => string | undefined) | undefined;
  readonly #entries = new SortedMap<CacheEntry>();
  readonly #watchers = new Set<Watcher>();
  readonly #triggered = new Map<string, Set<Watcher>>();
  readonly #followers = new Set<(event: CacheEvent) => void>();
  #loading: Promise<void> | undefined;
  /** Events that arrive while the first list is read; undefined once they are applied. */
  #early: StoreEvent[] | undefined = [];

  constructor(options: {
    prefix: string;
    store: Store;
    feed: StoreFeed;
    /** The field that most watchers select by (spec.nodeName of pods). */
    triggerOf?: ((entry: CacheEntry) => string | undefined) | undefined;
  }) {
    this.prefix = options.prefix;
    this.#store = options.store;
    this.#feed = options.feed;
    this.#triggerOf = options.triggerOf;
  }

  /** Resolves with the revision of a view that holds everything durable at the time of the call. */
  async fresh(): Promise<number> {
    await (this.#loading ??= this.#load());
    await this.#feed.fresh();
    return this.#feed.seenRevision;
  }

  /** Every change up to this revision is in the cache, once it is loaded. */
  get revision(): number {
    return this.#feed.seenRevision;
  }

  /** The entry as last seen; call `fresh` before when the latest is needed. */
  get(key: string): CacheEntry | undefined {
    return this.#entries.get(key);
  }

  /** Entries of a selection in key order, as last seen. */
  *select(selection: Selection, startKey?: string): Generator<CacheEntry, void, undefined> {
    for (const [, entry] of this.#entries.entriesWithPrefix(selection.prefix, startKey)) {
      if (selection.matches?.(entry) !== false) yield entry;
    }
  }

  count(prefix: string, startKey?: string): number {
    return this.#entries.countWithPrefix(prefix, startKey);
  }

  /** Reads a past revision from the store, as entries. */
  async listAt(request: { prefix: string; revision: number; limit?: number; startKey?: string }): Promise<{
    entries: CacheEntry[];
    result: ListResult;
  }> {
    const result = await this.#store.list(request);
    const entries = result.items.map(({ key, revision, value }) => ({ key, revision, bytes: stamp(value, revision) }));
    return { entries, result };
  }

  /** Calls back for every present entry and every change, synchronously and in order. */
  async follow(handler: (event: CacheEvent) => void): Promise<() => void> {
    await this.fresh();
    for (const [, entry] of this.#entries.entriesFrom("")) handler(new CacheEvent(entry.revision, undefined, entry));
    this.#followers.add(handler);
    return () => void this.#followers.delete(handler);
  }

  /**
   * Changes of the selection after `afterRevision`, which the caller has seen or chosen. Must be called when `fresh` has
   * resolved. History before the present is read from the store.
   * @throws CompactedError from the iterator when that history is gone
   */
  async *watch(
    selection: Selection,
    afterRevision: number,
    settings: WatchSettings,
  ): AsyncGenerator<SelectedEvent | "tick", void, undefined> {
    const queue = new AsyncQueue<SelectedEvent | "tick">(WATCH_QUEUE_CAPACITY);
    const watcher: Watcher = { selection, queue };
    const joinedAt = this.#feed.seenRevision;
    this.#join(watcher);
    const stop = (): void => queue.end();
    settings.signal.addEventListener("abort", stop);
    if (settings.signal.aborted) stop();
    const stopTicking = ticking(queue, settings);
    try {
      if (afterRevision < joinedAt)
        yield* this.#replay(selection, { after: afterRevision, until: joinedAt }, settings.signal);
      for await (const item of queue) if (item === "tick" || item.event.revision > afterRevision) yield item;
    } finally {
      stopTicking();
      settings.signal.removeEventListener("abort", stop);
      this.#leave(watcher);
    }
  }

  async #load(): Promise<void> {
    const detach = this.#feed.attach(this.prefix, {
      event: (event) => (this.#early === undefined ? this.#apply(event) : void this.#early.push(event)),
      reset: () => {
        detach();
        this.#restart();
      },
    });
    try {
      const { entries, result } = await this.listAt({ prefix: this.prefix, revision: this.#store.revision() });
      for (const entry of entries) this.#entries.set(entry.key, entry);
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const event of early) if (event.revision > result.revision) this.#apply(event);
    } catch (error) {
      detach();
      this.#loading = undefined;
      throw error;
    }
  }

  /** History was lost: watchers end (clients list again) and the cache is read anew at next use. */
  #restart(): void {
    for (const watcher of [...this.#watchers]) watcher.queue.end();
    const gone = [...this.#entries.entriesFrom("")].map(([, entry]) => entry);
    this.#entries.clear();
    this.#early = [];
    this.#loading = undefined;
    if (this.#followers.size === 0) return;
    this.#loading = this.#load().then(() => this.#healFollowers(gone));
  }

  #healFollowers(gone: CacheEntry[]): void {
    const before = new Map(gone.map((entry) => [entry.key, entry]));
    const events: CacheEvent[] = [];
    for (const [key, entry] of this.#entries.entriesFrom("")) {
      if (before.get(key)?.revision !== entry.revision)
        events.push(new CacheEvent(entry.revision, before.get(key), entry));
      before.delete(key);
    }
    for (const entry of before.values()) events.push(new CacheEvent(this.#feed.seenRevision, entry, undefined));
    for (const event of events) for (const follower of this.#followers) follower(event);
  }

  #apply(event: StoreEvent): void {
    const before = this.#entries.get(event.key);
    invariant(before === undefined || before.revision < event.revision, "the feed gives revisions in order");
    let after: CacheEntry | undefined;
    if (event.type === "put") {
      after = { key: event.key, revision: event.revision, bytes: stamp(event.value, event.revision) };
      this.#entries.set(event.key, after);
    } else this.#entries.delete(event.key);
    if (before === undefined && after === undefined) return;
    const change = new CacheEvent(event.revision, before, after);
    for (const follower of this.#followers) follower(change);
    this.#fanOut(change);
  }

  #fanOut(event: CacheEvent): void {
    if (this.#watchers.size === 0) return;
    if (this.#triggerOf === undefined) {
      for (const watcher of this.#watchers) this.#offer(watcher, event);
      return;
    }
    for (const watcher of this.#triggered.get("") ?? []) this.#offer(watcher, event);
    const triggers = new Set<string>();
    for (const entry of [event.before, event.after]) {
      const trigger = entry === undefined ? undefined : this.#triggerOf(entry);
      if (trigger !== undefined && trigger !== "") triggers.add(trigger);
    }
    for (const trigger of triggers)
      for (const watcher of this.#triggered.get(trigger) ?? []) this.#offer(watcher, event);
  }

  #offer(watcher: Watcher, event: CacheEvent): void {
    const type = typeFor(watcher.selection, event);
    if (type === undefined || watcher.queue.push({ type, event })) return;
    watcher.queue.end();
    this.#leave(watcher);
  }

  async *#replay(
    selection: Selection,
    range: { after: number; until: number },
    signal: AbortSignal,
  ): AsyncGenerator<SelectedEvent, void, undefined> {
    for await (const batch of this.#store.watch({ prefix: this.prefix, afterRevision: range.after, signal })) {
      for (const event of batch.events) {
        if (event.revision > range.until) return;
        const selected = toSelected(selection, event);
        if (selected !== undefined) yield selected;
      }
      if (batch.revision >= range.until) return;
    }
  }

  #join(watcher: Watcher): void {
    this.#watchers.add(watcher);
    if (this.#triggerOf === undefined) return;
    const trigger = watcher.selection.trigger ?? "";
    this.#triggered.set(trigger, (this.#triggered.get(trigger) ?? new Set()).add(watcher));
  }

  #leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    const trigger = watcher.selection.trigger ?? "";
    const peers = this.#triggered.get(trigger);
    peers?.delete(watcher);
    if (peers?.size === 0) this.#triggered.delete(trigger);
  }
}

function ticking(queue: AsyncQueue<SelectedEvent | "tick">, { tickMs, clock }: WatchSettings): () => void {
  if (tickMs === undefined || clock === undefined) return () => {};
  let timer = clock.setTimer(tick, tickMs);
  function tick(): void {
    if (queue.length === 0) queue.push("tick");
    timer = clock!.setTimer(tick, tickMs!);
  }
  return () => timer.cancel();
}

/** What a change is to somebody who sees only the selection; undefined when it is nothing. */
function typeFor(selection: Selection, event: CacheEvent): EventType | undefined {
  const was = event.before !== undefined && wants(selection, event.before);
  const is = event.after !== undefined && wants(selection, event.after);
  if (is) return was ? "MODIFIED" : "ADDED";
  return was ? "DELETED" : undefined;
}

function wants(selection: Selection, entry: CacheEntry): boolean {
  return entry.key.startsWith(selection.prefix) && selection.matches?.(entry) !== false;
}

function toSelected(selection: Selection, event: StoreEvent): SelectedEvent | undefined {
  const previous = event.previous;
  const before =
    previous === undefined
      ? undefined
      : { key: previous.key, revision: previous.revision, bytes: stamp(previous.value, previous.revision) };
  const after =
    event.type === "delete"
      ? undefined
      : { key: event.key, revision: event.revision, bytes: stamp(event.value, event.revision) };
  const change = new CacheEvent(event.revision, before, after);
  const type = typeFor(selection, change);
  return type === undefined ? undefined : { type, event: change };
}
