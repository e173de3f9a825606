import type { Alarmed, Alarms } from "../../base/alarms.ts";
import { AsyncQueue } from "../../base/async-queue.ts";
import type { SelectedEvent, Selection } from "./selection.ts";
import type { Watcher } from "./watchers.ts";

/** A watcher that reads too slowly is ended when so many events wait for it; the client then resumes by itself. */
const WATCH_QUEUE_CAPACITY = 10_000;

export interface WatchSettings {
  /** Gives a "tick" so often (the moment for a bookmark); never when absent. */
  readonly tickMs?: number;
  readonly alarms?: Alarms;
}

/**
 * One watch of a cache: what happened since the last look, all of it at once. There may be very many of them that wait, so it
 * is an object that a change is put into, with nothing else behind it.
 */
export class LiveWatch implements Watcher, Alarmed {
  readonly selection: Selection;
  readonly queue = new AsyncQueue<SelectedEvent | "tick">(WATCH_QUEUE_CAPACITY);
  readonly #afterRevision: number;
  readonly #joinedAt: number;
  readonly #left: (watch: LiveWatch) => void;
  #history: AsyncGenerator<SelectedEvent, void, undefined> | undefined;
  #stopReading: (() => void) | undefined;
  readonly #settings: WatchSettings;
  #nextTick = 0;
  #isCutOff = false;

  constructor(of: {
    selection: Selection;
    /** What the caller has seen or chosen. */
    afterRevision: number;
    /** Where the cache was when the watch began: it gets everything after that. */
    joinedAt: number;
    /** What happened after that until the watch began, where that has to be read first. */
    history?: AsyncGenerator<SelectedEvent, void, undefined> | undefined;
    /** Ends the reading of the history. */
    stopReading?: () => void;
    settings: WatchSettings;
    left: (watch: LiveWatch) => void;
  }) {
    this.selection = of.selection;
    this.#afterRevision = of.afterRevision;
    this.#joinedAt = of.joinedAt;
    this.#history = of.history;
    this.#stopReading = of.stopReading;
    this.#left = of.left;
    this.#settings = of.settings;
    this.#tickLater();
  }

  /** Nothing is there, and there will be something, or the end. */
  get isWaiting(): boolean {
    return this.#history === undefined && this.queue.length === 0 && !this.queue.ended;
  }

  /**
   * Changes in order, none only at the end of the history: who waits for the next ones may do so in another way; undefined
   * when the watch has ended.
   * @throws CompactedError when the history that it needs is gone
   */
  next(): Promise<readonly (SelectedEvent | "tick")[] | undefined> {
    if (this.#history !== undefined) return this.#nextOf(this.#history);
    return this.#joinedAt >= this.#afterRevision ? this.queue.takeAll() : this.#nextNew();
  }

  async #nextOf(history: AsyncGenerator<SelectedEvent, void, undefined>) {
    const past = await history.next();
    if (past.done !== true) return [past.value];
    this.#history = undefined;
    this.#stopReading = undefined;
    // What is new must not be given to who has not heard all that was before.
    return this.#isCutOff ? undefined : [];
  }

  /** The caller is ahead of the cache: some of what comes is nothing new to it. */
  async #nextNew() {
    for (;;) {
      const items = await this.queue.takeAll();
      const wanted = items?.filter((item) => item === "tick" || item.event.revision > this.#afterRevision);
      if (wanted === undefined || wanted.length > 0) return wanted;
    }
  }

  /** Ends it: what waits is still given, nothing more comes. Idempotent. */
  close(): void {
    if (this.#history !== undefined) this.#isCutOff = true;
    this.#stopReading?.();
    this.queue.end();
    this.#settings.alarms?.cancel(this, this.#nextTick);
    this.#left(this);
  }

  /** The time of the next tick has come. */
  alarm(): void {
    if (this.queue.length === 0) this.queue.push("tick");
    if (!this.queue.ended) this.#tickLater();
  }

  #tickLater(): void {
    const { tickMs, alarms } = this.#settings;
    if (tickMs !== undefined && alarms !== undefined) this.#nextTick = alarms.set(this, tickMs);
  }
}
