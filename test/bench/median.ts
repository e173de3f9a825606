import { present } from "../../src/base/assert.ts";

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The one of several whose value is in the middle. */
export function middleOne<T>(all: readonly T[], measure: (one: T) => number): T {
  return present(all.toSorted((a, b) => measure(a) - measure(b))[all.length >> 1], "one of several");
}
