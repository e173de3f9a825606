import { constants, PerformanceObserver } from "node:perf_hooks";
import type { Clock, Timer } from "../base/clock.ts";

const LOOK_EVERY_MS = 1_000;

const FULL = constants.NODE_PERFORMANCE_GC_MAJOR;

/** When a collection begins. */
export interface CollectionRule {
  /** What is measured. */
  bytes(): number;
  /** So much may come after a collection before the next one begins: a part of what it left… */
  readonly share: number;
  /** … and never less than this. */
  readonly leastBytes: number;
  begin(): void;
}

export interface Collections {
  /** Calls back when all that was garbage has been found. */
  onCollected(callback: () => void): void;
  stop(): void;
}

/** Begins collections by a rule of our own; V8's, where it has one for the same, goes on holding. */
export function collectByShare(
  clock: Clock,
  { bytes, share, leastBytes, begin }: CollectionRule,
  collections: Collections = fullCollections(),
): { stop(): Promise<void> } {
  let leftBytes = bytes();
  let hasBegun = false;
  let timer: Timer = clock.setTimer(look, LOOK_EVERY_MS);
  collections.onCollected(() => {
    leftBytes = bytes();
    hasBegun = false;
  });
  function look(): void {
    const now = bytes();
    // Buffers are freed beside other work, after the collection that found them.
    leftBytes = Math.min(leftBytes, now);
    if (!hasBegun && now > leftBytes + Math.max(leastBytes, leftBytes * share)) {
      hasBegun = true;
      begin();
    }
    timer = clock.setTimer(look, LOOK_EVERY_MS);
  }
  return {
    async stop() {
      timer.cancel();
      collections.stop();
    },
  };
}

/** Those of this thread. */
export function fullCollections(): Collections {
  let tell = (): void => {};
  const observer = new PerformanceObserver((list) => {
    // What entries of collections have, Node's types do not know.
    const entries = list.getEntries() as unknown as readonly { readonly detail: { readonly kind: number } }[];
    if (entries.some(({ detail }) => detail.kind === FULL)) tell();
  });
  observer.observe({ entryTypes: ["gc"] });
  return {
    onCollected(callback) {
      tell = callback;
    },
    stop: () => observer.disconnect(),
  };
}
