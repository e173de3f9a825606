import type { WriteContext } from "./strategy.ts";

/** More than can be under way at once. */
const TRIES = 1000;

/**
 * Whether a change that names no version of its object is made again on what another writer has left. Each attempt that failed was
 * one of theirs that succeeded, so somebody always gets on: the client hears of no conflict (upstream's GuaranteedUpdate).
 */
export function triesAgain(attempt: number, { signal }: WriteContext): boolean {
  return attempt < TRIES && signal?.aborted !== true;
}
