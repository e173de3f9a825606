import type { Clock, Timer } from "../base/clock.ts";
import { currentTrace, type TraceContext } from "../base/trace.ts";

/** A key to work on, and what woke it first. */
export interface WorkItem {
  readonly key: string;
  readonly cause: TraceContext | undefined;
}

/**
 * Keys that wait for work, each at most once. A key that is added while it is worked on comes back when that work is
 * done, so no key is ever with two workers and no wish is lost (client-go util/workqueue).
 */
export interface WorkQueue {
  /** Adds the key now, caused by the current trace context. */
  add(key: string): void;
  /** Adds the key after a while; of several such wishes for a key the earliest counts. */
  addAfter(key: string, delayMs: number): void;
  /** Adds the key after its back-off, which doubles with each call until `forget`. */
  addRateLimited(key: string): void;
  /** The key went well: its next back-off is the first again. */
  forget(key: string): void;
  /** How often the key was rate-limited since it last went well. */
  failures(key: string): number;
  /** Waits for a key; undefined once the queue has stopped. Every item taken must be given to `done`. */
  take(): Promise<WorkItem | undefined>;
  /** The work is over. If the key was added meanwhile, or is within `restMs`, it comes back after that. */
  done(item: WorkItem, restMs?: number): void;
  /** Keys that are ready and not yet taken. */
  readonly length: number;
  /** Drops what waits and ends all `take`. Idempotent. */
  stop(): void;
}

/** Hears what happens to keys. */
export interface WorkQueueObserver {
  /** The key waits for work, and did not before. */
  added(key: string): void;
  taken(key: string): void;
  done(key: string): void;
  retried(): void;
  stopped(): void;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly observer?: WorkQueueObserver | undefined;
  /** First back-off; upstream's 5 ms when absent. */
  readonly firstRetryMs?: number;
  /** Longest back-off; upstream's 1000 s when absent. */
  readonly longestRetryMs?: number;
}

interface Waiting {
  readonly dueMs: number;
  readonly timer: Timer;
}

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { clock, observer, firstRetryMs = 5, longestRetryMs = 1_000_000 } = options;
  /** Keys that need work, with their cause: those in `ready`, and those that were added while processing. */
  const dirty = new Map<string, TraceContext | undefined>();
  const processing = new Set<string>();
  const resting = new Map<string, Timer>();
  const failures = new Map<string, number>();
  const takers: ((item: WorkItem | undefined) => void)[] = [];
  let ready = new Set<string>();
  let stopped = false;

  function hand(): void {
    while (takers.length > 0 && ready.size > 0) {
      const key = ready.values().next().value as string;
      takers.shift()?.(start(key));
    }
  }

  function start(key: string): WorkItem {
    const cause = dirty.get(key);
    ready.delete(key);
    dirty.delete(key);
    processing.add(key);
    observer?.taken(key);
    return { key, cause };
  }

  function add(key: string): void {
    if (stopped) return;
    if (!dirty.has(key)) observer?.added(key);
    const cause = dirty.get(key) ?? currentTrace();
    dirty.set(key, cause);
    if (processing.has(key) || resting.has(key)) return;
    ready.add(key);
    hand();
  }

  function wake(key: string): void {
    if (!dirty.has(key)) return;
    ready.add(key);
    hand();
  }

  const delays = createDelays(clock, add);

  function addAfter(key: string, delayMs: number): void {
    if (!stopped) delays.add(key, delayMs);
  }

  return {
    add,
    addAfter,
    addRateLimited(key) {
      observer?.retried();
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      addAfter(key, Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(count, 60)));
    },
    forget: (key) => void failures.delete(key),
    failures: (key) => failures.get(key) ?? 0,
    take() {
      const next = ready.values().next();
      if (!next.done) return Promise.resolve(start(next.value));
      if (stopped) return Promise.resolve(undefined);
      return new Promise((resolve) => takers.push(resolve));
    },
    done({ key }, restMs = 0) {
      processing.delete(key);
      observer?.done(key);
      if (restMs <= 0 || stopped) return wake(key);
      const timer = clock.setTimer(() => {
        resting.delete(key);
        wake(key);
      }, restMs);
      resting.set(key, timer);
    },
    get length() {
      return ready.size;
    },
    stop() {
      if (!stopped) observer?.stopped();
      stopped = true;
      ready = new Set();
      dirty.clear();
      delays.clear();
      for (const timer of resting.values()) timer.cancel();
      resting.clear();
      for (const taker of takers.splice(0)) taker(undefined);
    },
  };
}

/** Keys that wait for their time; of several times for a key the earliest counts. */
function createDelays(clock: Clock, due: (key: string) => void) {
  const waiting = new Map<string, Waiting>();
  return {
    add(key: string, delayMs: number): void {
      if (delayMs <= 0) {
        due(key);
        return;
      }
      const dueMs = clock.monotonic() + delayMs;
      const earlier = waiting.get(key);
      if (earlier !== undefined && earlier.dueMs <= dueMs) return;
      earlier?.timer.cancel();
      const timer = clock.setTimer(() => {
        waiting.delete(key);
        due(key);
      }, delayMs);
      waiting.set(key, { dueMs, timer });
    },
    clear(): void {
      for (const { timer } of waiting.values()) timer.cancel();
      waiting.clear();
    },
  };
}
