import type { Random } from "../base/random.ts";

export interface BackoffOptions {
  readonly random: Random;
  /** First delay. */
  readonly initialMs: number;
  /** No delay is longer than this, jitter included. */
  readonly maximumMs: number;
}

/** Delays that double up to a bound, each drawn from its upper half so that many clients do not come back together. */
export interface Backoff {
  /** The next delay in milliseconds. */
  next(): number;
  /** Starts again from the first delay. */
  reset(): void;
}

export function createBackoff(options: BackoffOptions): Backoff {
  let step = 0;
  return {
    next() {
      const fullMs = Math.min(options.maximumMs, options.initialMs * 2 ** step);
      if (fullMs < options.maximumMs) step++;
      return fullMs / 2 + (fullMs / 2) * options.random.fraction();
    },
    reset() {
      step = 0;
    },
  };
}
