import type { Clock, Timer } from "../base/clock.ts";
import { type ProcessMemory, processMemory } from "./process-memory.ts";

type TidiedMemory = Pick<ProcessMemory, "heapBytes" | "usedBytes" | "busy" | "collect" | "beginCollection">;

const LOOK_EVERY_MS = 1_000;
/** A collection costs time; nobody is there to notice when there is less to do than this… */
const IDLE_BELOW = 0.05;
/** … at so many looks one after another. */
const IDLE_LOOKS = 6;
/** V8 moves 12 MB at a time; as long as that gives so much back… */
const WORTH_GOING_ON_BYTES = 6 * 1024 * 1024;
/** … within so many looks, it is told to go on. */
const LOOKS_FOR_RESULT = 3;

/** What is done with a heap, by what is in it. */
interface Way {
  /** What is not worth a collection. */
  readonly spareBytes: number;
  readonly restMs: number;
  readonly isAtOnce: boolean;
}

/** Everything stands still meanwhile: a millisecond for each megabyte. */
const SMALL: Way = { spareBytes: 8 * 1024 * 1024, restMs: 60_000, isAtOnce: true };
const LARGE: Way = { spareBytes: 64 * 1024 * 1024, restMs: 20_000, isAtOnce: false };
const LARGE_HEAP_BYTES = 48 * 1024 * 1024;
/** To move things keeps everybody waiting, for longer the more there is: with 400 MB for 200 ms. */
const MOVED_MAX_BYTES = 256 * 1024 * 1024;

/**
 * Gives memory back when there is nothing to do. V8 keeps what a start or a busy minute needed (most of it empty space for
 * young objects) until it must collect again, which an idle cluster does not make it do: a third of what Wherry would hold.
 *
 * @param movedMaxBytes a heap of more is not made denser: Infinity for a thread that nobody waits for
 */
export function tidyMemory(
  clock: Clock,
  memory: TidiedMemory = processMemory(),
  movedMaxBytes = MOVED_MAX_BYTES,
): { stop(): Promise<void> } {
  /** The least since the last collection. */
  let leastBytes = 0;
  let idleLooks = 0;
  let restUntilMs = 0;
  /** What there was before the collection that was begun last, and how many looks it still has to show its worth. */
  let begun = { bytes: 0, looksLeft: 0 };
  let timer: Timer = clock.setTimer(look, LOOK_EVERY_MS);
  function look(): void {
    const bytes = memory.heapBytes();
    const isIdle = memory.busy() < IDLE_BELOW;
    // A collection makes the process busy by itself.
    if (begun.looksLeft <= 0) idleLooks = isIdle ? idleLooks + 1 : 0;
    leastBytes = Math.min(leastBytes, bytes);
    const way = memory.usedBytes() < LARGE_HEAP_BYTES ? SMALL : LARGE;
    const hasGrown = bytes > leastBytes + way.spareBytes && clock.monotonic() >= restUntilMs;
    const hasGivenBack = begun.looksLeft-- > 0 && bytes + WORTH_GOING_ON_BYTES < begun.bytes;
    const goesOn = hasGivenBack && isIdle && memory.usedBytes() < movedMaxBytes;
    if (idleLooks >= IDLE_LOOKS && (hasGrown || goesOn)) {
      if (way.isAtOnce) memory.collect();
      else {
        // First what is empty anyway: both at once would be one long pause.
        memory.beginCollection({ givesBack: true, moves: goesOn });
        begun = { bytes, looksLeft: LOOKS_FOR_RESULT };
      }
      leastBytes = memory.heapBytes();
      restUntilMs = clock.monotonic() + way.restMs;
    }
    timer = clock.setTimer(look, LOOK_EVERY_MS);
  }
  return { stop: async () => timer.cancel() };
}
