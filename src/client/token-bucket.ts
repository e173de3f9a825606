import type { Clock } from "../base/clock.ts";

/** Lets so much happen at once, and then so much a second. */
export interface TokenBucket {
  /** Takes one token, also one that is still to come. Answers how many milliseconds it is until then. */
  take(): number;
}

export function createTokenBucket(clock: Clock, limit: { perSecond: number; burst: number }): TokenBucket {
  const { perSecond, burst } = limit;
  let tokens = burst;
  let filledMs = clock.monotonic();
  return {
    take() {
      const now = clock.monotonic();
      tokens = Math.min(burst, tokens + ((now - filledMs) * perSecond) / 1000) - 1;
      filledMs = now;
      return tokens >= 0 ? 0 : (-tokens / perSecond) * 1000;
    },
  };
}
