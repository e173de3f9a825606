import type { WriteContext } from "./strategy.ts";

/** Each step with an object of this size takes a millisecond or more. */
const LARGE_BYTES = 128 * 1024;

/** Whether what is written is so large that others are to have their turns between the steps. */
export function takesTurns(context: WriteContext, currentBytes = 0): boolean {
  return currentBytes > LARGE_BYTES || (context.bodyBytes?.() ?? 0) > LARGE_BYTES;
}
