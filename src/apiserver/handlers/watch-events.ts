import { type ApiObject, apiVersionOf } from "../../api/meta.ts";
import { expired, type StatusError } from "../../api/status.ts";
import type { Alarmed, Alarms } from "../../base/alarms.ts";
import type { Sleeper } from "../../base/async-queue.ts";
import { CompactedError } from "../../store/store.ts";
import { type CacheEntry, CacheEvent } from "../cache/entry.ts";
import type { LiveWatch } from "../cache/live-watch.ts";
import { chosen, type Selection } from "../cache/selection.ts";
import type { OutgoingEvent, WatchEvents } from "../exchange.ts";
import type { ServedResource } from "../registry/resource.ts";

/** How often an idle watch tells the revision that it has reached (upstream: about a minute). */
const BOOKMARK_MS = 60_000;
const INITIAL_BATCH = 100;
const NOTHING: Batch = [];

export interface WatchStart {
  /** Absent: from the present objects. */
  readonly revision?: number;
  /** The present objects must be those of this revision, or of a later one. */
  readonly atLeast?: number;
  readonly initialEvents: boolean;
  /** A bookmark marks the end of the initial events. */
  readonly initialBookmark: boolean;
}

interface Watching {
  readonly selection: Selection;
  readonly start: WatchStart;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
  readonly alarms: Alarms;
}

type Batch = readonly OutgoingEvent[];

/**
 * What a watch of stored objects tells, in batches: what has come together is handed on together. There may be very many that
 * wait: once its beginning has been told it keeps what it needs to go on, and no promise.
 */
export class StoredWatchEvents implements WatchEvents, Alarmed {
  readonly #resource: ServedResource;
  readonly #alarms: Alarms;
  #live: LiveWatch | undefined;
  #beginning: AsyncGenerator<Batch, void, undefined> | undefined;
  #reached = 0;
  /** Where the cache was when the watch's time was over, if all had been told by then. */
  #overAt = 0;
  #from = 0;
  #endsAt = 0;
  #tellsBookmarks: boolean;
  #hasLeft = false;
  #isOver = false;

  constructor(resource: ServedResource, watching: Watching) {
    this.#resource = resource;
    this.#alarms = watching.alarms;
    this.#tellsBookmarks = watching.bookmarks;
    this.#beginning = this.#begin(watching);
  }

  /** Nothing is there now: `whenAny` tells of what comes. */
  get isWaiting(): boolean {
    return !this.#isOver && this.#beginning === undefined && this.#live?.isWaiting === true;
  }

  whenAny(sleeper: Sleeper): void {
    this.#live?.queue.whenAny(sleeper);
  }

  async next(): Promise<Batch | undefined> {
    if (this.#isOver) return undefined;
    try {
      const batch = this.#beginning === undefined ? await this.#nextLive() : await this.#nextOfBeginning();
      if (batch === undefined) this.close();
      return batch;
    } catch (error) {
      this.close();
      if (!(error instanceof CompactedError)) throw error;
      return [{ type: "ERROR", object: tooOld(this.#from, error.compactedRevision).status as ApiObject }];
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    try {
      for (let batch = await this.next(); batch !== undefined; batch = await this.next()) {
        if (batch.length > 0) yield batch;
      }
    } finally {
      this.close();
    }
  }

  /** Its client has gone: nobody wants to hear more. */
  leave(): void {
    this.#hasLeft = true;
    this.#live?.close();
  }

  /** Its time is over. Who has been told all is as far as the cache; others are where their last event was. */
  alarm(): void {
    if (this.#live?.isWaiting === true) this.#overAt = this.#resource.storage.cache.revision;
    this.#live?.close();
  }

  /** Idempotent. */
  close(): void {
    this.#isOver = true;
    this.#alarms.cancel(this, this.#endsAt);
    this.#live?.close();
  }

  /** Empty when the beginning is over: who is not waited for by a promise must not be made to wait by one. */
  async #nextOfBeginning(): Promise<Batch> {
    const { value } = await this.#beginning!.next();
    if (value === undefined) this.#beginning = undefined;
    return value ?? NOTHING;
  }

  async *#begin({ selection, start, timeoutMs }: Watching): AsyncGenerator<Batch, void, undefined> {
    const { cache } = this.#resource.storage;
    // The watch is joined and the present is read without a pause between: nothing is missed, nothing comes twice.
    const from = start.revision ?? cache.revision;
    this.#from = from;
    this.#reached = from;
    const ticks = this.#tellsBookmarks ? { tickMs: BOOKMARK_MS, alarms: this.#alarms } : undefined;
    const live = cache.watch(selection, from, ticks);
    this.#live = live;
    this.#endsAt = this.#alarms.set(this, timeoutMs);
    if (this.#hasLeft) live.close();
    const present = start.initialEvents ? cache.candidates(selection) : [];
    yield* initialEvents(await chosen(present, selection));
    if (start.initialBookmark) yield [bookmark(this.#resource, from, true)];
  }

  async #nextLive(): Promise<Batch | undefined> {
    const live = this.#live!;
    const { cache } = this.#resource.storage;
    for (let batch = await live.next(); batch !== undefined; batch = await live.next()) {
      if (batch.length === 0) return NOTHING;
      const events = batch.filter((item) => item !== "tick");
      const last = events.at(-1);
      if (last !== undefined) {
        this.#reached = last.event.revision;
        return events;
      }
      const seen = await cache.fresh();
      // A bookmark must not overtake what has come meanwhile; those events tell as much.
      if (live.queue.length > 0) continue;
      this.#reached = Math.max(this.#reached, seen);
      return [bookmark(this.#resource, this.#reached, false)];
    }
    return this.#lastBookmark();
  }

  #lastBookmark(): Batch | undefined {
    if (!this.#tellsBookmarks || this.#hasLeft) return undefined;
    this.#tellsBookmarks = false;
    return [bookmark(this.#resource, Math.max(this.#reached, this.#overAt), false)];
  }
}

function* initialEvents(entries: readonly CacheEntry[]): Generator<Batch, void, undefined> {
  for (let start = 0; start < entries.length; start += INITIAL_BATCH) {
    yield entries.slice(start, start + INITIAL_BATCH).map((entry) => ({
      type: "ADDED",
      event: new CacheEvent(entry.revision, undefined, entry),
      isPresent: true,
    }));
  }
}

function bookmark(resource: ServedResource, revision: number, initialEnd: boolean): OutgoingEvent {
  const annotations = initialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
  const object: ApiObject = {
    kind: resource.schema.kind,
    apiVersion: apiVersionOf(resource.schema),
    metadata: { resourceVersion: String(revision), ...annotations },
  };
  return { type: "BOOKMARK", object };
}

export function tooOld(asked: number, oldest: number): StatusError {
  return expired(`too old resource version: ${asked} (${oldest})`);
}
