import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createBusyShare } from "../base/busy-share.ts";

/** What is asked of this thread's V8, so that tests can answer. */
export interface ProcessMemory {
  /** Bytes that the JavaScript heap has from the system, used or not. */
  heapBytes(): number;
  usedBytes(): number;
  /** Bytes outside of the heap that belong to its objects: buffers. */
  externalBytes(): number;
  /** Share of the time since the last call in which the event loop was busy, 0 to 1. */
  busy(): number;
  /** Collects at once, while everything stands still. */
  collect(): void;
  /** Has V8 begin a collection that goes on beside all other work. */
  beginCollection(how?: {
    /** Gives back to the system what is empty. */
    readonly givesBack: boolean;
    /** Also moves some of what lies alone, so that more becomes empty. */
    readonly moves: boolean;
  }): void;
}

/** V8 begins to collect beside other work when as much as this has come outside of its heap. */
const EXTERNAL_LIMIT_BYTES = 64 * 1024 * 1024;

/** V8 itself, of the thread that asks. */
export function processMemory(): ProcessMemory {
  let collect: (() => void) | undefined;
  return {
    heapBytes: () => getHeapStatistics().total_heap_size,
    usedBytes: () => getHeapStatistics().used_heap_size,
    externalBytes: () => getHeapStatistics().external_memory,
    busy: createBusyShare(),
    collect() {
      if (collect === undefined) {
        setFlagsFromString("--expose-gc");
        collect = runInNewContext("gc") as () => void;
      }
      collect();
    },
    beginCollection({ givesBack, moves } = { givesBack: false, moves: true }) {
      // By itself V8 gives pages back when little is allocated, which it cannot see where its C++ heap stays as it is (Node 24):
      // it waits 100 seconds. The mode counts for the collection that begins while it is on.
      if (givesBack) setFlagsFromString("--memory-saver-mode");
      if (!moves) setFlagsFromString("--no-compact");
      heedExternalMemory(true);
      // Nobody writes to it, so that it takes no memory.
      new ArrayBuffer(2 * EXTERNAL_LIMIT_BYTES);
      heedExternalMemory(false);
      setFlagsFromString("--no-memory-saver-mode");
      setFlagsFromString("--compact");
    },
  };
}

/**
 * Whether V8 begins a collection when 64 MB have come outside of a heap, and has a thread mark each time it makes a buffer meanwhile.
 * Where not it counts them with the heap, in all threads of the process: much later.
 */
export function heedExternalMemory(heeds: boolean): void {
  setFlagsFromString(heeds ? "--no-external-memory-accounted-in-global-limit" : EXTERNAL_IN_LIMIT);
}

const EXTERNAL_IN_LIMIT = "--external-memory-accounted-in-global-limit";

/**
 * Has V8 no longer put among the old objects at once what a place in the code makes (decision 37). Not on Node's command line: there
 * Node takes its own compiled code for that of another V8, and a start costs a tenth more.
 */
export function keepNewObjectsYoung(): { stop(): Promise<void> } {
  setFlagsFromString("--no-allocation-site-pretenuring");
  // Who runs a cluster within a program of his own has V8 as it was afterwards.
  return { stop: async () => setFlagsFromString("--allocation-site-pretenuring") };
}

/** By how much the heaps of the process may grow after a collection, in percent; 0 leaves it to V8. Counts from the next one on. */
export function letHeapsGrow(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}
