import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
import type { Observed, Question } from "./observer.ts";

/**
 * Loaded into the measured program before its own code (node --import): how long its event loop stood still, how long garbage
 * collections stopped it, and what is alive in its heap, told to the process that started it when asked. The program knows
 * nothing of this, and serves nothing for it.
 */
const RESOLUTION_MS = 1;

if (isMainThread && process.send !== undefined) observe();

function observe(): void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let collections = { count: 0, longestMs: 0, totalMs: 0 };
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      collections.count++;
      collections.totalMs += duration;
      collections.longestMs = Math.max(collections.longestMs, duration);
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  // The histogram holds the time between two ticks of its timer: what is over the timer's own is the stall.
  const at = (percent: number): number => Math.max(0, delay.percentile(percent) / 1e6 - RESOLUTION_MS);

  function stallsAndCollections(): Observed {
    const observed: Observed = {
      stallP50Ms: at(50),
      stallP90Ms: at(90),
      stallP99Ms: at(99),
      stallP999Ms: at(99.9),
      stallMaxMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
      gcLongestMs: collections.longestMs,
      gcTotalMs: collections.totalMs,
      gcCount: collections.count,
    };
    delay.reset();
    collections = { count: 0, longestMs: 0, totalMs: 0 };
    return observed;
  }

  process.on("message", ({ ask }: Partial<Question>) => {
    if (ask === "observed") process.send!(stallsAndCollections());
    if (ask === "live") process.send!(liveMb());
  });
  process.channel?.unref();
}

/** In JavaScript's heap and in buffers, after a collection; what the system keeps for connections is not in it. */
function liveMb(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}
