import { setFlagsFromString } from "node:v8";
import { type Collections, fullCollections } from "./collect-early.ts";
import { type ProcessMemory, processMemory } from "./tidy-memory.ts";

/** A heap of as much is marked for so long that it counts how often: with 400 MB nobody is served for 300 to 500 ms. */
const LARGE_BYTES = 256 * 1024 * 1024;
const GROWS_PERCENT = 25;

/**
 * Has a large heap collected less often than V8 would. Where little is allocated for the size of the heap V8 begins the next collection
 * when a tenth has come: with 150,000 pods, of which 100 come and go a second, every three seconds.
 *
 * @param letGrow takes how many percent may come after a collection, and 0 to leave it to V8; of all heaps of the process
 */
export function letLargeHeapGrow(
  memory: Pick<ProcessMemory, "usedBytes"> = processMemory(),
  collections: Collections = fullCollections(),
  letGrow = (percent: number): void => setFlagsFromString(`--heap-growing-percent=${percent}`),
): { stop(): Promise<void> } {
  let isLarge = false;
  collections.onCollected(() => {
    const wasLarge = isLarge;
    isLarge = memory.usedBytes() > LARGE_BYTES;
    // Counts from the next collection on.
    if (isLarge !== wasLarge) letGrow(isLarge ? GROWS_PERCENT : 0);
  });
  return { stop: async () => collections.stop() };
}
