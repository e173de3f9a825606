import { constants, PerformanceObserver } from "node:perf_hooks";
import type { Clock, Timer } from "../base/clock.ts";
import { type ProcessMemory, processMemory } from "./tidy-memory.ts";

const LOOK_EVERY_MS = 1_000;
/** So much may come after a collection before the next one begins: a part of what it left, and never less than this. */
const SHARE = 0.25;
const LEAST_BYTES = 96 * 1024 * 1024;

const FULL = constants.NODE_PERFORMANCE_GC_MAJOR;

export interface Collections {
  /** Calls back when all that was garbage has been found. */
  onCollected(callback: () => void): void;
  stop(): void;
}

/**
 * Keeps a large heap from holding as much garbage again as it has objects, as V8 lets it when little comes from outside of the heap.
 * Collections begin beside other work. For threads that nobody waits for to the millisecond.
 */
export function collectEarly(
  clock: Clock,
  memory: Pick<ProcessMemory, "usedBytes" | "beginCollection"> = processMemory(),
  collections: Collections = fullCollections(),
): { stop(): Promise<void> } {
  let leftBytes = memory.usedBytes();
  let hasBegun = false;
  let timer: Timer = clock.setTimer(look, LOOK_EVERY_MS);
  collections.onCollected(() => {
    leftBytes = memory.usedBytes();
    hasBegun = false;
  });
  function look(): void {
    if (!hasBegun && memory.usedBytes() > leftBytes + Math.max(LEAST_BYTES, leftBytes * SHARE)) {
      hasBegun = true;
      memory.beginCollection(false);
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
