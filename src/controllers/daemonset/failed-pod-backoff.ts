import type { Clock } from "../../base/clock.ts";

const FIRST_MS = 1000;
const LONGEST_MS = 900_000;

/**
 * Keeps a daemon and a kubelet that rejects it from fighting: the pod that replaces a failed one waits, from 1 s doubling to
 * 15 minutes, and after twice that without failure from 1 s again.
 */
export interface FailedPodBackoff {
  /** How long the next replacement has to wait; zero when it may be now. */
  waitMs(key: string): number;
  /** A replacement is made now. */
  next(key: string): void;
}

export function createFailedPodBackoff(clock: Clock): FailedPodBackoff {
  const entries = new Map<string, { delayMs: number; sinceMs: number }>();
  return {
    waitMs(key) {
      const entry = entries.get(key);
      return entry === undefined ? 0 : Math.max(0, entry.sinceMs + entry.delayMs - clock.monotonic());
    },
    next(key) {
      const nowMs = clock.monotonic();
      for (const [each, { sinceMs }] of entries) if (nowMs - sinceMs > 2 * LONGEST_MS) entries.delete(each);
      const before = entries.get(key);
      entries.set(key, { delayMs: before ? Math.min(LONGEST_MS, before.delayMs * 2) : FIRST_MS, sinceMs: nowMs });
    },
  };
}
