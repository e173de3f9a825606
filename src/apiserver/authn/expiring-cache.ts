import type { Clock } from "../../base/clock.ts";
import { RecentlyUsed } from "./recently-used.ts";

/** Answers that are good for a while. Bounded: what was not used for longest goes first. */
export interface ExpiringCache<V> {
  get(key: string): V | undefined;
  set(key: string, value: V, ttlMs: number): void;
}

export function expiringCache<V>(clock: Clock, capacity: number): ExpiringCache<V> {
  const entries = new RecentlyUsed<{ readonly value: V; readonly until: number }>(capacity);
  return {
    get(key) {
      const entry = entries.get(key);
      return entry !== undefined && clock.monotonic() < entry.until ? entry.value : undefined;
    },
    set(key, value, ttlMs) {
      if (ttlMs > 0) entries.set(key, { value, until: clock.monotonic() + ttlMs });
    },
  };
}
