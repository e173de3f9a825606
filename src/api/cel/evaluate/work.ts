import { costExceeded } from "./failure.ts";

/**
 * Upstream's costs take some work for nothing: comparing two large objects costs a unit, as adding two lists does. This
 * counts such work, elements or characters, so that an evaluation ends in about a second whatever it does.
 */
const mostWork = 50_000_000;

/** Of the evaluation under way; evaluations are synchronous, and one inside another has its own. */
let left = Number.POSITIVE_INFINITY;

/** @throws CelEvaluationError beyond the limit, as when the cost is */
export function spendWork(units: number): void {
  left -= units;
  if (left < 0) throw costExceeded();
}

export function withWorkLimit<Result>(body: () => Result): Result {
  const outer = left;
  left = mostWork;
  try {
    return body();
  } finally {
    left = outer;
  }
}
