import { type Clock, sleep, type Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { answersOut } from "../../base/turn.ts";
import { CompactedError, type Store, type StoreEvent, StoreUnavailableError } from "../../store/store.ts";

/** Gets the changes below one prefix, in order, and word when history was lost and all must be read again. */
export interface FeedListener {
  event(event: StoreEvent): void;
  reset(): void;
}

const RETRY_MS = 100;
/** A reader waits so long for the watch to come to where the store is; longer means that the way to the store is broken. */
const PATIENCE_MS = 10_000;

interface Waiter {
  readonly revision: number;
  readonly giveUpAt: number;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * One watch on the whole store for all watch caches. Because it sees every revision, "have we seen everything up to
 * now?" has one answer for all resources, and a consistent read is a wait for that.
 */
export class StoreFeed {
  readonly #store: Store;
  readonly #root: string;
  readonly clock: Clock;
  readonly #log: Logger;
  readonly #listeners = new Map<string, Set<FeedListener>>();
  #waiters: Waiter[] = [];
  #patience: Timer | undefined;
  #seen: number;
  #hurried = 0;
  #goOn: (() => void) | undefined;

  constructor(options: { store: Store; root: string; clock: Clock; log: Logger }) {
    this.#store = options.store;
    this.#root = options.root;
    this.clock = options.clock;
    this.#log = options.log;
    this.#seen = options.store.revision();
  }

  /** Every change up to this revision has reached the listeners. */
  get seenRevision(): number {
    return this.#seen;
  }

  /** Adds a listener for keys below `prefix` (`<root><segment>/` or `<root><segment>/<segment>/`). */
  attach(prefix: string, listener: FeedListener): () => void {
    const listeners = this.#listeners.get(prefix) ?? new Set();
    this.#listeners.set(prefix, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(prefix);
    };
  }

  /** A revision up to which every change that was durable at the time of the call has been seen: at once, or when that is so. */
  fresh(): number | Promise<number> {
    const current = this.#store.currentRevision();
    if (typeof current !== "number") return current.then((revision) => this.#reached(revision));
    return this.#seen >= current ? current : this.#reached(current);
  }

  async #reached(revision: number): Promise<number> {
    await this.waitFor(revision);
    return revision;
  }

  /** @throws StoreUnavailableError when the watch does not get there in time */
  waitFor(revision: number): Promise<void> {
    if (this.#seen >= revision) return Promise.resolve();
    const giveUpAt = this.clock.monotonic() + PATIENCE_MS;
    return new Promise((resolve, reject) => {
      this.#waiters.push({ revision, giveUpAt, resolve, reject });
      this.#patience ??= this.clock.setTimer(() => this.#giveUp(), PATIENCE_MS);
    });
  }

  /**
   * Until the function that it answers is called, changes are told as soon as they are durable, and not after those who made them
   * have been answered: components of this process find their own writes in their caches when they have the answer.
   */
  hurry(): () => void {
    this.#hurried++;
    this.#goOn?.();
    return () => void this.#hurried--;
  }

  /** Follows the store until the signal aborts, re-establishing the watch whenever it breaks. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const batch of this.#store.watch({ prefix: this.#root, afterRevision: this.#seen, signal })) {
          if (batch.events.length > 0 && this.#hurried === 0) await this.#answersOut();
          for (const event of batch.events) this.#deliver(event);
          this.#advance(batch.revision);
        }
      } catch (error) {
        if (signal.aborted) break;
        this.#log.warn("the store's watch broke; it is re-established", { error });
        if (error instanceof CompactedError) await this.#reset();
      }
      if (!signal.aborted) await sleep(this.clock, RETRY_MS, signal);
    }
    this.#advance(Number.POSITIVE_INFINITY);
  }

  /** Those who wrote are answered before what their writes wake begins, which takes longer than to answer them. */
  async #answersOut(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#goOn = resolve;
      void answersOut().then(resolve);
    });
    this.#goOn = undefined;
  }

  #deliver(event: StoreEvent): void {
    const second = event.key.indexOf("/", this.#root.length);
    const third = second < 0 ? -1 : event.key.indexOf("/", second + 1);
    for (const end of [second, third]) {
      if (end < 0) continue;
      const listeners = this.#listeners.get(event.key.slice(0, end + 1));
      if (listeners !== undefined) for (const listener of listeners) listener.event(event);
    }
  }

  #advance(revision: number): void {
    this.#seen = Math.max(this.#seen, revision);
    if (this.#waiters.length === 0) return;
    const due = this.#waiters.filter((waiter) => waiter.revision <= this.#seen);
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > this.#seen);
    for (const waiter of due) waiter.resolve();
  }

  #giveUp(): void {
    const now = this.clock.monotonic();
    const tired = this.#waiters.filter((waiter) => waiter.giveUpAt <= now);
    this.#waiters = this.#waiters.filter((waiter) => waiter.giveUpAt > now);
    const next = this.#waiters[0];
    this.#patience =
      next === undefined ? undefined : this.clock.setTimer(() => this.#giveUp(), Math.max(1, next.giveUpAt - now));
    for (const { revision, reject } of tired) {
      reject(new StoreUnavailableError(`the store's watch is at revision ${this.#seen}, not yet at ${revision}`));
    }
  }

  async #reset(): Promise<void> {
    const listeners = [...this.#listeners.values()].flatMap((each) => [...each]);
    try {
      this.#advance(await this.#store.currentRevision());
    } catch (error) {
      this.#log.warn("the store does not say where it is", { error });
      return;
    }
    for (const listener of listeners) listener.reset();
  }
}
