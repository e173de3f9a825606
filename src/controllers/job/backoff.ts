import type { Pod } from "../../api/generated/core/v1.ts";
import { failureCount, finishedAtMs, ignoredFailureCount } from "./job-pods.ts";

const FIRST_MS = 10_000;
const LONGEST_MS = 600_000;

/** How a job's pods failed of late. */
export interface BackoffRecord {
  readonly failuresSinceSuccess: number;
  readonly lastFailureMs: number;
}

export const NO_FAILURES: BackoffRecord = { failuresSinceSuccess: 0, lastFailureMs: 0 };

/** The record after some more pods have ended. Pure. */
export function recordEnds(before: BackoffRecord, succeeded: readonly Pod[], failed: readonly Pod[]): BackoffRecord {
  const lastSuccessMs = Math.max(Number.NEGATIVE_INFINITY, ...succeeded.map(finishedAtMs));
  const kept = lastSuccessMs >= before.lastFailureMs ? NO_FAILURES : before;
  const later = failed.map(finishedAtMs).filter((timeMs) => timeMs > lastSuccessMs);
  return {
    failuresSinceSuccess: kept.failuresSinceSuccess + later.length,
    lastFailureMs: Math.max(kept.lastFailureMs, ...later),
  };
}

/** How long the next pod has to wait: 10 s after the first failure, doubling to 10 minutes. Pure. */
export function waitMs({ failuresSinceSuccess, lastFailureMs }: BackoffRecord, nowMs: number): number {
  if (failuresSinceSuccess === 0) return 0;
  const delayMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failuresSinceSuccess - 1, 30));
  return Math.max(0, lastFailureMs + delayMs - nowMs);
}

/** The same for one index, whose last failed pod carries the count. */
export function waitForIndexMs(lastFailed: Pod, nowMs: number): number {
  const failuresSinceSuccess = failureCount(lastFailed) + ignoredFailureCount(lastFailed) + 1;
  return waitMs({ failuresSinceSuccess, lastFailureMs: finishedAtMs(lastFailed) }, nowMs);
}
