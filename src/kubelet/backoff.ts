import type { Clock } from "../base/clock.ts";

interface Entry {
  delayMs: number;
  lastUpdateMs: number;
  detail: string;
}

export interface BackoffTimes {
  readonly initialMs: number;
  readonly maximumMs: number;
  /** An entry that was not raised for so long is forgotten. */
  readonly resetAfterMs: number;
}

/**
 * Delays that double, one a key: upstream's flowcontrol.Backoff. Times are wall-clock milliseconds. A class whose map is made when
 * something fails, because thousands of kubelets of one process have two each.
 */
export class KeyedBackoff {
  readonly #clock: Clock;
  readonly #times: BackoffTimes;
  #entries: Map<string, Entry> | undefined;

  constructor(clock: Clock, times: BackoffTimes) {
    this.#clock = clock;
    this.#times = times;
  }

  /** Until when a key must wait after something that happened at `sinceMs`; undefined when it need not. */
  waitUntil(key: string, sinceMs?: number): number | undefined {
    const clock = this.#clock;
    const entry = this.#entries?.get(key);
    if (entry === undefined || this.#isStale(entry, sinceMs ?? clock.now())) return undefined;
    const until = (sinceMs ?? entry.lastUpdateMs) + entry.delayMs;
    return clock.now() < until ? until : undefined;
  }

  /** The current delay of a key. */
  delayMs(key: string): number {
    return this.#entries?.get(key)?.delayMs ?? 0;
  }

  /** Counts a failure: the first one sets the initial delay, each further one doubles it. */
  raise(key: string, atMs: number, detail = ""): void {
    const { initialMs, maximumMs } = this.#times;
    const entry = this.#entries?.get(key);
    const isFirst = entry === undefined || this.#isStale(entry, atMs);
    const delayMs = isFirst ? initialMs : Math.min(maximumMs, entry.delayMs * 2);
    this.#entries ??= new Map();
    this.#entries.set(key, { delayMs, lastUpdateMs: this.#clock.now(), detail });
  }

  /** What the last failure said. */
  detail(key: string): string {
    return this.#entries?.get(key)?.detail ?? "";
  }

  reset(key: string): void {
    this.#entries?.delete(key);
  }

  /** Forgets keys with that prefix. */
  forget(prefix: string): void {
    for (const key of this.#entries?.keys() ?? []) if (key.startsWith(prefix)) this.#entries?.delete(key);
  }

  #isStale(entry: Entry, atMs: number): boolean {
    return atMs - entry.lastUpdateMs > this.#times.resetAfterMs;
  }
}

/** The delay as upstream prints Go durations: `10s`, `1m20s`, `1.5s`, `345ms`. */
export function formatDuration(milliseconds: number): string {
  const total = Math.trunc(milliseconds);
  if (total === 0) return "0s";
  if (total < 1000) return `${total}ms`;
  const hours = Math.floor(total / 3_600_000);
  const minutes = Math.floor((total % 3_600_000) / 60_000);
  const seconds = String((total % 60_000) / 1000);
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
