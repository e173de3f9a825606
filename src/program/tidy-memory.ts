import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Clock, Timer } from "../base/clock.ts";

/** What is asked of the process, so that tests can answer. */
export interface ProcessMemory {
  /** Bytes that the JavaScript heap has from the system, used or not. */
  heapBytes(): number;
  usedBytes(): number;
  /** Share of the time since the last call in which the event loop was busy, 0 to 1. */
  busy(): number;
  collect(): void;
}

const FIRST_LOOK_MS = 5_000;
const LOOK_EVERY_MS = 60_000;
/** A collection stops everything; nobody is there to notice when there is less to do than this. */
const IDLE_BELOW = 0.05;
/** What is not worth a collection. */
const SPARE_BYTES = 8 * 1024 * 1024;
/** A heap with more in it takes long to go through, and what it could give back is little beside it. */
const LARGE_HEAP_BYTES = 256 * 1024 * 1024;

/**
 * Gives memory back when there is nothing to do. V8 keeps what a start or a busy minute needed (most of it empty space for
 * young objects) until it must collect again, which an idle cluster does not make it do: a third of what Wherry would hold.
 */
export function tidyMemory(clock: Clock, memory: ProcessMemory = processMemory()): { stop(): Promise<void> } {
  let tidied = 0;
  let timer: Timer = clock.setTimer(look, FIRST_LOOK_MS);
  function look(): void {
    const isIdle = memory.busy() < IDLE_BELOW;
    const hasGrown = memory.heapBytes() > tidied + SPARE_BYTES;
    if (isIdle && hasGrown && memory.usedBytes() < LARGE_HEAP_BYTES) {
      memory.collect();
      tidied = memory.heapBytes();
    }
    // The first look may come while pods are starting; then the next one is soon, too.
    timer = clock.setTimer(look, tidied === 0 ? FIRST_LOOK_MS : LOOK_EVERY_MS);
  }
  return { stop: async () => timer.cancel() };
}

function processMemory(): ProcessMemory {
  let before = performance.eventLoopUtilization();
  let collect: (() => void) | undefined;
  return {
    heapBytes: () => process.memoryUsage().heapTotal,
    usedBytes: () => process.memoryUsage().heapUsed,
    busy() {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
    collect() {
      if (collect === undefined) {
        setFlagsFromString("--expose-gc");
        collect = runInNewContext("gc") as () => void;
      }
      collect();
    },
  };
}
