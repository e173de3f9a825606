import { invariant } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import { SortedMap } from "../../base/sorted-map.ts";
import { nextTurn } from "../../base/turn.ts";
import { eachInTurns, turnTime } from "../../base/turn-time.ts";
import type { ListResult, Store, StoredValue, StoreEvent } from "../../store/store.ts";
import { forget, stamp } from "../registry/codec.ts";
import { Backlog } from "./backlog.ts";
import { type CacheEntry, CacheEvent, entryOf } from "./entry.ts";
import type { EntryReader } from "./entry-reader.ts";
import { LiveWatch, type WatchSettings } from "./live-watch.ts";
import { type SelectedEvent, type Selection, typeFor } from "./selection.ts";
import type { StoreFeed } from "./store-feed.ts";
import { TriggerIndex } from "./trigger-index.ts";
import { refuseUnreadable, UnreadableKeys } from "./unreadable-keys.ts";
import { Watchers } from "./watchers.ts";

const NO_TICKS: WatchSettings = {};
/** How many stored values a reader gets at once. */
const READ_AT_ONCE = 500;
/** How many objects are read from the store at once when a cache is filled: a millisecond's work. */
const PAGE_ITEMS = 500;

/**
 * All objects of one resource in one version as bytes, kept current by the store's feed, and the fan-out of its changes.
 * It starts at first use. Reads see everything that was durable when they were asked. Where stored values are shown as they
 * are, changes are applied synchronously; where a reader makes something else of them, in the same order as it answers.
 */
export class WatchCache {
  readonly prefix: string;
  readonly #store: Store;
  readonly #feed: StoreFeed;
  readonly #triggerOf: ((entry: CacheEntry) => string | undefined) | undefined;
  #index: TriggerIndex | undefined;
  readonly #reader: EntryReader | undefined;
  readonly #entries = new SortedMap<CacheEntry>();
  readonly #unreadable: UnreadableKeys;
  readonly #watchers: Watchers;
  readonly #followers = new Set<(event: CacheEvent) => void>();
  #loading: Promise<void> | undefined;
  /** Events that arrive while the first list is read; undefined once they are applied. */
  #early: StoreEvent[] | undefined = [];
  #backlog: Backlog | undefined;
  #detach: (() => void) | undefined;
  /** What followers knew before history was lost. */
  #lost: CacheEntry[] | undefined;
  #closed = false;

  constructor(options: {
    prefix: string;
    store: Store;
    feed: StoreFeed;
    /** The field that most watchers select by (spec.nodeName of pods). */
    triggerOf?: ((entry: CacheEntry) => string | undefined) | undefined;
    /** Makes what is shown of what is stored; absent where both are the same. */
    reader?: EntryReader | undefined;
  }) {
    this.prefix = options.prefix;
    this.#store = options.store;
    this.#feed = options.feed;
    this.#triggerOf = options.triggerOf;
    this.#watchers = new Watchers(options.triggerOf);
    this.#index = this.#newIndex();
    this.#reader = options.reader;
    this.#unreadable = new UnreadableKeys(options.store, options.feed.clock);
  }

  /**
   * The revision of a view that holds everything durable at the time of the call: at once when this one does, or when it will.
   * @throws StatusError as a rejection, when stored objects cannot be read
   */
  fresh(): number | Promise<number> {
    if (this.#loading === undefined || !this.isLoaded || this.#unreadable.size > 0) return this.#freshLater();
    const seen = this.#feed.fresh();
    const isThere = typeof seen === "number" && this.#backlog?.firstRevision === undefined;
    return isThere ? this.revision : this.#freshLater(seen);
  }

  /** @param asked what the feed said, where it was asked already */
  async #freshLater(asked?: number | Promise<number>): Promise<number> {
    let seen = asked;
    while (!this.#closed) {
      await (this.#loading ??= this.#load());
      if (this.#unreadable.size > 0 && (await this.#unreadable.isAnyReadableNow())) {
        this.#restart();
        continue;
      }
      await (seen ?? this.#feed.fresh());
      seen = undefined;
      await this.#backlog?.reached(this.#feed.seenRevision);
      // A cache that lost its history meanwhile is read anew, and whoever waits hears why if that fails.
      if (this.#loading !== undefined) return this.revision;
    }
    return this.#loadOnce();
  }

  /** What is stored here and cannot be read, as last seen. */
  unreadableKeys(): Iterable<string> {
    return this.#unreadable.keys();
  }

  /** Every change up to this revision is in the cache, once it is loaded. */
  get revision(): number {
    const waiting = this.#backlog?.firstRevision;
    return waiting === undefined ? this.#feed.seenRevision : waiting - 1;
  }

  /** Ends all watchers: the resource is no longer served like this. Requests under way still read, straight from the store. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#forget();
    this.#followers.clear();
  }

  /**
   * The entry as last seen; call `fresh` before when the latest is needed.
   * @throws StatusError InternalError when it is there and cannot be read
   */
  get(key: string): CacheEntry | undefined {
    if (this.#unreadable.size > 0) this.#unreadable.refuse(key);
    return this.#entries.get(key);
  }

  /**
   * Entries among which those of the selection are, in key order, as last seen: cheap, for nothing is parsed. `chosen` of
   * selection.ts picks the wanted ones.
   * @throws StatusError InternalError that names what cannot be read
   */
  candidates({ prefix, key, trigger = "" }: Selection, from: { startKey?: string; limit?: number } = {}): CacheEntry[] {
    const { startKey = prefix, limit } = from;
    if (this.#unreadable.size > 0) this.#unreadable.refuseBelow(prefix);
    const keys = key === undefined ? (trigger === "" ? undefined : this.#index?.keysOf(trigger)) : [key];
    if (keys === undefined) return this.#entries.valuesWithPrefix(prefix, { start: startKey, limit });
    const found: CacheEntry[] = [];
    for (const each of keys) {
      const entry = each.startsWith(prefix) && each >= startKey ? this.#entries.get(each) : undefined;
      if (entry !== undefined) found.push(entry);
    }
    return found;
  }

  /** Resolves with what `fresh` does, when the selection's candidates can be found without looking at all objects. */
  async freshFor({ key, trigger = "" }: Selection): Promise<number> {
    const revision = await this.fresh();
    if (key !== undefined || trigger === "" || this.#index === undefined || this.#closed) return revision;
    await this.#index.built(this.#entries);
    return this.revision;
  }

  get clock(): Clock {
    return this.#feed.clock;
  }

  /** True once the objects have been read. */
  get isLoaded(): boolean {
    return this.#early === undefined;
  }

  /** Objects as last seen. */
  get size(): number {
    return this.#entries.size;
  }

  /** Events given to watchers since the start, one a watcher. */
  get deliveredEvents(): number {
    return this.#watchers.delivered;
  }

  get watcherCount(): number {
    return this.#watchers.size;
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
    refuseUnreadable(result.items);
    return { entries: await this.#entriesOf(result.items), result };
  }

  /** @throws CompactedError, FutureRevisionError when the revision cannot be read */
  async checkHistory(revision: number): Promise<void> {
    await this.#store.get(this.prefix, { revision });
  }

  /**
   * Calls back for every present entry, in as many turns as that takes, and for every change, in order. Resolves when what was
   * there has been told; from then on changes are told at once.
   */
  async follow(handler: (event: CacheEvent) => void): Promise<() => void> {
    await this.fresh();
    const meanwhile: CacheEvent[] = [];
    const keep = (event: CacheEvent): void => void meanwhile.push(event);
    const present = this.#entries.valuesWithPrefix("");
    this.#followers.add(keep);
    try {
      await eachInTurns(this.#feed.clock, present, (entry) => {
        handler(new CacheEvent(entry.revision, undefined, entry));
      });
      for (const event of meanwhile) handler(event);
    } finally {
      this.#followers.delete(keep);
    }
    if (!this.#closed) this.#followers.add(handler);
    return () => void this.#followers.delete(handler);
  }

  /**
   * Changes of the selection after `afterRevision`, which the caller has seen or chosen. Must be called when `fresh` has
   * resolved, and be closed. History before the present is read from the store.
   */
  watch(selection: Selection, afterRevision: number, settings: WatchSettings = NO_TICKS): LiveWatch {
    const joinedAt = this.revision;
    const past =
      afterRevision < joinedAt ? this.#past(selection, { after: afterRevision, until: joinedAt }) : undefined;
    const watch = new LiveWatch({ selection, afterRevision, joinedAt, ...past, settings, left: this.#left });
    if (this.#closed) watch.close();
    else this.#watchers.join(watch);
    return watch;
  }

  // One for all of them: there may be very many.
  readonly #left = (watch: LiveWatch): void => this.#watchers.leave(watch);

  #past(selection: Selection, range: { after: number; until: number }) {
    const reading = new AbortController();
    return { history: this.#replay(selection, range, reading.signal), stopReading: () => reading.abort() };
  }

  async #load(): Promise<void> {
    this.#early = [];
    const detach = this.#feed.attach(this.prefix, {
      event: (event) => (this.#early === undefined ? this.#receive(event) : void this.#early.push(event)),
      reset: () => this.#restart(),
    });
    this.#detach = detach;
    try {
      const revision = this.#store.revision();
      await this.#readAll(revision, () => this.#detach === detach);
      // What was read is not to come as an event as well.
      await this.#feed.fresh();
      if (this.#detach !== detach) return void (await this.fresh());
      if (this.#reader !== undefined) this.#backlog = this.#newBacklog(this.#reader);
      this.#heal();
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const event of early) if (event.revision > revision) this.#receive(event);
    } catch (error) {
      if (this.#detach === detach) this.#forget();
      throw error;
    }
  }

  /** In pages, so that very many objects hold nobody up. */
  async #readAll(revision: number, isWanted: () => boolean): Promise<void> {
    const time = turnTime(this.#feed.clock);
    for (let startKey = this.prefix; ; ) {
      await time.pause();
      const page = { prefix: this.prefix, revision, startKey, limit: PAGE_ITEMS };
      const { items, remaining } = await this.#store.list(page);
      const entries = await this.#entriesOf(items.filter(({ unreadable }) => unreadable === undefined));
      if (!isWanted()) return;
      this.#unreadable.take(items);
      for (const entry of entries) this.#entries.set(entry);
      if (remaining === 0) return;
      startKey = `${items.at(-1)!.key}\0`;
    }
  }

  /** The present for somebody who still reads after the end: not kept current, so read each time. */
  async #loadOnce(): Promise<number> {
    const { entries, result } = await this.listAt({ prefix: this.prefix, revision: this.#store.revision() });
    this.#entries.clear();
    for (const entry of entries) this.#entries.set(entry);
    return result.revision;
  }

  /** Back to before the first use; watchers end, so that their clients list again. */
  #forget(): void {
    this.#watchers.endAll();
    this.#detach?.();
    this.#detach = undefined;
    this.#backlog?.abandon();
    this.#backlog = undefined;
    this.#unreadable.clear();
    this.#entries.clear();
    this.#index = this.#newIndex();
    this.#loading = undefined;
  }

  /** History was lost, or an object could not be read: everything is read anew, for followers at once. */
  #restart(): void {
    if (this.#followers.size > 0) this.#lost ??= [...this.#entries.valuesFrom("")];
    this.#forget();
    // When this fails, the next reader tries again and hears why.
    if (this.#followers.size > 0) this.#freshLater().catch(() => {});
  }

  #heal(): void {
    if (this.#lost === undefined) return;
    const before = new Map(this.#lost.map((entry) => [entry.key, entry]));
    this.#lost = undefined;
    const events: CacheEvent[] = [];
    for (const entry of this.#entries.valuesFrom("")) {
      const known = before.get(entry.key);
      if (known?.revision !== entry.revision) events.push(new CacheEvent(entry.revision, known, entry));
      before.delete(entry.key);
    }
    for (const entry of before.values()) events.push(new CacheEvent(this.#feed.seenRevision, entry, undefined));
    for (const event of events) for (const follower of this.#followers) follower(event);
  }

  #newBacklog(reader: EntryReader): Backlog {
    return new Backlog({
      reader: (values) => reader(values.map(({ value, revision }) => ({ value: stamp(value, revision), revision }))),
      apply: (event, bytes) => this.#apply(event, bytes),
      fail: () => this.#restart(),
    });
  }

  #receive(event: StoreEvent): void {
    // What cannot be read is gone for all who watch, and an error for all who ask.
    const change: StoreEvent = this.#unreadable.follow(event) ? { ...event, type: "delete" } : event;
    if (this.#backlog !== undefined) this.#backlog.push(change);
    else this.#apply(change, change.type === "put" ? stamp(change.value, change.revision) : undefined);
  }

  /** @param bytes what is shown of a put */
  #apply(event: StoreEvent, bytes: Buffer | undefined): void {
    const after = bytes === undefined ? undefined : entryOf(event, bytes);
    const before = after === undefined ? this.#entries.get(event.key) : this.#entries.set(after);
    invariant(before === undefined || before.revision < event.revision, "the feed gives revisions in order");
    if (after === undefined) this.#entries.delete(event.key);
    this.#index?.follow(event.key, after);
    if (before === undefined && after === undefined) return;
    const change = new CacheEvent(event.revision, before, after);
    if (this.#watchers.size > 0) change.keepCause();
    for (const follower of this.#followers) follower(change);
    this.#watchers.tell(change);
    // Who watches is still to be shown what was removed.
    if (before !== undefined && after !== undefined) forget(before.bytes);
  }

  async #entriesOf(items: readonly StoredValue[]): Promise<CacheEntry[]> {
    const values = items.map(stamped);
    if (this.#reader === undefined) return values.map((value) => entryOf(value, value.value));
    const entries: CacheEntry[] = [];
    for (let start = 0; start < values.length; start += READ_AT_ONCE) {
      const batch = values.slice(start, start + READ_AT_ONCE);
      const read = this.#reader(batch);
      const bytes = read instanceof Promise ? await read : read;
      batch.forEach((value, index) => {
        entries.push(entryOf(value, bytes[index]!));
      });
      if (start + READ_AT_ONCE < values.length) await nextTurn();
    }
    return entries;
  }

  async *#replay(
    selection: Selection,
    range: { after: number; until: number },
    signal: AbortSignal,
  ): AsyncGenerator<SelectedEvent, void, undefined> {
    for await (const batch of this.#store.watch({ prefix: this.prefix, afterRevision: range.after, signal })) {
      for (const event of batch.events) {
        if (event.revision > range.until) return;
        const selected = await this.#toSelected(selection, event);
        if (selected !== undefined) yield selected;
      }
      if (batch.revision >= range.until) return;
    }
  }

  async #toSelected(selection: Selection, event: StoreEvent): Promise<SelectedEvent | undefined> {
    const isThere = event.type === "put" && event.unreadable === undefined;
    const items = [...(event.previous === undefined ? [] : [event.previous]), ...(isThere ? [event] : [])];
    if (items.length === 0) return undefined;
    const entries = await this.#entriesOf(items);
    const before = event.previous === undefined ? undefined : entries[0];
    const change = new CacheEvent(event.revision, before, isThere ? entries.at(-1) : undefined);
    const type = typeFor(selection, change);
    return type === undefined ? undefined : { type, event: change };
  }

  #newIndex(): TriggerIndex | undefined {
    return this.#triggerOf === undefined ? undefined : new TriggerIndex(this.#triggerOf);
  }
}

function stamped({ key, value, revision }: StoredValue): StoredValue {
  return { key, revision, value: stamp(value, revision) };
}
