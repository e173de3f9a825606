import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
import type { Observed } from "./program.ts";

/**
 * Loaded into the measured program before its own code (node --import): how long its event loop stood still and how long
 * garbage collections stopped it, told to the process that started it when asked. The program knows nothing of this, and
 * serves nothing for it.
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
  process.on("message", () => {
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
    process.send!(observed);
  });
  process.channel?.unref();
}
