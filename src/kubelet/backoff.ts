import type { Clock } from "../base/clock.ts";

interface Entry {
  delayMs: number;
  lastUpdateMs: number;
  detail: string;
}

export interface KeyedBackoffOptions {
  readonly clock: Clock;
  readonly initialMs: number;
  readonly maximumMs: number;
  /** An entry that was not raised for so long is forgotten. */
  readonly resetAfterMs: number;
}

/** Delays that double, one a key: upstream's flowcontrol.Backoff. Times are wall-clock milliseconds. */
export interface KeyedBackoff {
  /** Until when a key must wait after something that happened at `sinceMs`; undefined when it need not. */
  waitUntil(key: string, sinceMs?: number): number | undefined;
  /** The current delay of a key. */
  delayMs(key: string): number;
  /** Counts a failure: the first one sets the initial delay, each further one doubles it. */
  raise(key: string, atMs: number, detail?: string): void;
  /** What the last failure said. */
  detail(key: string): string;
  reset(key: string): void;
  /** Forgets keys with that prefix. */
  forget(prefix: string): void;
}

export function createKeyedBackoff(options: KeyedBackoffOptions): KeyedBackoff {
  const { clock, initialMs, maximumMs, resetAfterMs } = options;
  const entries = new Map<string, Entry>();
  const isStale = (entry: Entry, atMs: number) => atMs - entry.lastUpdateMs > resetAfterMs;
  return {
    waitUntil(key, sinceMs) {
      const entry = entries.get(key);
      if (entry === undefined || isStale(entry, sinceMs ?? clock.now())) return undefined;
      const until = (sinceMs ?? entry.lastUpdateMs) + entry.delayMs;
      return clock.now() < until ? until : undefined;
    },
    delayMs: (key) => entries.get(key)?.delayMs ?? 0,
    raise(key, atMs, detail = "") {
      const entry = entries.get(key);
      const delayMs = entry === undefined || isStale(entry, atMs) ? initialMs : Math.min(maximumMs, entry.delayMs * 2);
      entries.set(key, { delayMs, lastUpdateMs: clock.now(), detail });
    },
    detail: (key) => entries.get(key)?.detail ?? "",
    reset: (key) => void entries.delete(key),
    forget(prefix) {
      for (const key of entries.keys()) if (key.startsWith(prefix)) entries.delete(key);
    },
  };
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
