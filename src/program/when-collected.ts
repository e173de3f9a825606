import type { Clock } from "../base/clock.ts";
import { type Collections, collectByShare, fullCollections } from "./collect-by-share.ts";
import { heedExternalMemory, letHeapsGrow, type ProcessMemory, processMemory } from "./process-memory.ts";

const MIB = 1024 * 1024;

/** A heap of as much is marked for so long that it counts how often. */
const LARGE_HEAP_BYTES = 256 * MIB;
/** With 150,000 pods, of which 100 a second come and go, a collection comes every 50 s then, and costs half a second. */
const LARGE_HEAP_GROWS_PERCENT = 100;

/** What V8 is told of when it collects, so that tests can hear them. */
export interface CollectionFlags {
  heedExternalMemory(heeds: boolean): void;
  letHeapsGrow(percent: number): void;
}

/**
 * Has the API server's thread collected less often when it holds much. V8 wants to have marked a heap within half a second, and what its
 * other threads do not manage by then the thread itself does: with 150,000 pods nobody is served for 300 to 600 ms. By itself V8 begins
 * that when 64 MB have come outside of the heap, however much is there (every six seconds while 100 of those pods come and go a second),
 * or when the heap has grown by as little as a tenth. Here a quarter may come outside, and a large heap may double.
 */
export function collectSeldom(
  clock: Clock,
  memory: Pick<ProcessMemory, "usedBytes" | "externalBytes" | "beginCollection"> = processMemory(),
  collections: Collections = fullCollections(),
  flags: CollectionFlags = { heedExternalMemory, letHeapsGrow },
): { stop(): Promise<void> } {
  let isLarge = false;
  flags.heedExternalMemory(false);
  const rule = {
    bytes: memory.externalBytes,
    share: 1 / 4,
    leastBytes: 64 * MIB,
    begin: () => memory.beginCollection(),
  };
  return collectByShare(clock, rule, {
    onCollected: (callback) =>
      collections.onCollected(() => {
        callback();
        const wasLarge = isLarge;
        isLarge = memory.usedBytes() > LARGE_HEAP_BYTES;
        if (isLarge !== wasLarge) flags.letHeapsGrow(isLarge ? LARGE_HEAP_GROWS_PERCENT : 0);
      }),
    stop() {
      collections.stop();
      // Who runs a cluster within a program of his own has V8 as it was afterwards.
      flags.heedExternalMemory(true);
      if (isLarge) flags.letHeapsGrow(0);
    },
  });
}

/**
 * Keeps the heap of a thread that nobody waits for from holding as much garbage again as it has objects, as V8 lets it when little comes
 * from outside of the heap. What is left is moved together, for which that thread stands still a tenth of a second longer: where
 * thousands of pods began at once there are holes for hundreds of megabytes.
 */
export function collectOften(clock: Clock): { stop(): Promise<void> } {
  const memory = processMemory();
  return collectByShare(clock, {
    bytes: memory.usedBytes,
    share: 1 / 4,
    leastBytes: 96 * MIB,
    begin: () => memory.beginCollection({ givesBack: true, moves: true }),
  });
}
