import { errorMessage } from "../../base/assert.ts";
import { sleep } from "../../base/clock.ts";
import type { WatchBatch } from "../store.ts";
import { RecentEvents, type RecentLimits } from "./recent-events.ts";
import { Watcher, type WatcherContext } from "./watcher.ts";

/** Enough for clients that come back after a few minutes of a busy cluster. */
export const DEFAULT_RECENT_LIMITS: RecentLimits = { events: 50_000, bytes: 128 * 1024 * 1024 };
const RETRY_MS = 500;

/**
 * The one watch on etcd from which all watches of this process are served. It keeps the last changes, so that a client that comes
 * back needs no watch of its own on etcd.
 */
export class Trunk {
  readonly #context: WatcherContext;
  readonly #prefix: string;
  readonly #recent: RecentEvents;
  readonly #waiting = new Set<() => void>();
  #watcher: Watcher;
  #isEnded = false;

  constructor(prefix: string, context: WatcherContext, limits: RecentLimits) {
    this.#context = context;
    this.#prefix = prefix;
    const revision = context.connection.revision;
    this.#recent = new RecentEvents(revision, limits);
    this.#watcher = this.#watch(revision);
    void this.#follow();
  }

  /** Every change after this revision can be read here. */
  get start(): number {
    return this.#recent.start;
  }

  /** True when a watch of this prefix can be served. */
  covers(prefix: string): boolean {
    return prefix.startsWith(this.#prefix);
  }

  /** The next changes of a prefix; undefined when there is nothing new. */
  read(prefix: string, afterRevision: number): WatchBatch | undefined {
    return this.#recent.read(prefix, afterRevision);
  }

  /** Calls back once, when there is something new. Answers how to wait no more. */
  onChange(callback: () => void): () => void {
    this.#waiting.add(callback);
    return () => void this.#waiting.delete(callback);
  }

  /** Somebody waits for changes up to here. */
  want(revision: number): void {
    this.#watcher.want(revision);
  }

  end(): void {
    this.#isEnded = true;
    this.#watcher.end();
  }

  #watch(afterRevision: number): Watcher {
    return new Watcher({ prefix: this.#prefix, afterRevision }, this.#context, () => {});
  }

  async #follow(): Promise<void> {
    const { quorum, clock, log } = this.#context;
    while (!this.#isEnded) {
      try {
        const result = await this.#watcher.next();
        if (result.done === true) return;
        this.#recent.add(result.value);
        this.#wake();
      } catch (error) {
        // The process was away for longer than history is kept. Who was in between hears it from etcd itself.
        log.warn("the watch on etcd begins anew", { error: errorMessage(error) });
        const revision = await quorum.revision().catch(() => undefined);
        if (revision === undefined) await sleep(clock, RETRY_MS);
        this.#restart(revision);
      }
    }
  }

  #restart(revision: number | undefined): void {
    if (this.#isEnded) return;
    if (revision !== undefined) this.#recent.restart(revision);
    this.#watcher = this.#watch(this.#recent.end);
    this.#wake();
  }

  #wake(): void {
    const callbacks = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of callbacks) callback();
  }
}
