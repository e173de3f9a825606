import type { Latencies } from "./job.ts";

/** Percentiles of durations in milliseconds; sorts them. */
export function latenciesOf(durations: number[]): Latencies {
  durations.sort((a, b) => a - b);
  const at = (share: number): number => durations[Math.floor(durations.length * share)] ?? Number.NaN;
  return { count: durations.length, p50Ms: at(0.5), p99Ms: at(0.99), p999Ms: at(0.999) };
}
