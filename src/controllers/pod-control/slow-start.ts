import { settleAll } from "./settle-all.ts";

/**
 * Runs `count` calls in batches of 1, 2, 4 …, and starts no further batch once one call has failed: a quota that refuses
 * one pod would refuse all. Answers how many were not tried; rejects never.
 */
export async function slowStart(
  count: number,
  call: (index: number) => Promise<void>,
): Promise<{ done: number; skipped: number; error?: unknown }> {
  let tried = 0;
  let done = 0;
  for (let size = Math.min(1, count); size > 0; size = Math.min(size * 2, count - tried)) {
    const first = tried;
    const batch = await settleAll(size, (index) => call(first + index));
    tried += size;
    done += batch.done;
    if ("error" in batch) return { done, skipped: count - tried, error: batch.error };
  }
  return { done, skipped: 0 };
}
