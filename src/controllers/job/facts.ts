import type { Job } from "../../api/generated/batch/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { isPodActive } from "../pod-control/pod-state.ts";
import type { BackoffRecord } from "./backoff.ts";
import { judgeFailure } from "./failure-policy.ts";
import { hasIndex, type IndexSet, indexesOf, NO_INDEXES, parseIndexes, union } from "./index-set.ts";
import {
  failureCount,
  finishedAtMs,
  hasLimitPerIndex,
  ignoredFailureCount,
  indexOfPod,
  isIndexed,
  isPodFailed,
  isTracked,
} from "./job-pods.ts";

export interface JobFacts {
  readonly job: Job;
  /** Those that it controls. */
  readonly pods: readonly Pod[];
  /** Uids of pods whose finalizer is removed although the cache still shows it. */
  readonly untracked: ReadonlySet<string>;
  /** False while pods that were created or deleted have not been seen. */
  readonly trusted: boolean;
  readonly backoff: BackoffRecord;
  readonly nowMs: number;
}

/** What follows from the facts before anything is decided. */
export interface JobCounts {
  readonly active: readonly Pod[];
  /** Ended, and not in any count of the status yet. */
  readonly newSucceeded: readonly Pod[];
  readonly newFailed: readonly Pod[];
  readonly succeeded: number;
  readonly failed: number;
  readonly succeededIndexes: IndexSet;
  /** Undefined without backoffLimitPerIndex. */
  readonly failedIndexes: IndexSet | undefined;
  /** By index: the last failed pod, kept until another pod carries its failure count on. */
  readonly awaitingReplacement: ReadonlyMap<number, Pod>;
}

/** Still counted by its finalizer, and for an Indexed job with an index of the job. */
export function isCountable(facts: JobFacts, pod: Pod): boolean {
  if (!isTracked(pod) || facts.untracked.has(pod.metadata?.uid ?? "")) return false;
  return !isIndexed(facts.job) || indexOfPod(facts.job, pod) !== undefined;
}

export function countJob(facts: JobFacts): JobCounts {
  const { job, pods } = facts;
  const uncounted = job.status?.uncountedTerminatedPods;
  const newOf = (counted: readonly string[] | undefined, ended: (pod: Pod) => boolean): Pod[] =>
    pods.filter((pod) => isCountable(facts, pod) && !counted?.includes(pod.metadata?.uid ?? "") && ended(pod));
  const active = pods.filter(isPodActive);
  const newSucceeded = newOf(uncounted?.succeeded, (pod) => pod.status?.phase === "Succeeded");
  const newFailed = newOf(uncounted?.failed, (pod) => isPodFailed(job, pod));
  const counting = newFailed.filter((pod) => judgeFailure(job, pod).counts);
  const succeededIndexes = isIndexed(job)
    ? indexesWhere(facts, job.status?.completedIndexes, succeededTracked)
    : NO_INDEXES;
  const failedIndexes = hasLimitPerIndex(job)
    ? indexesWhere(facts, job.status?.failedIndexes, isIndexFailed)
    : undefined;
  const succeeded = (job.status?.succeeded ?? 0) + newSucceeded.length + (uncounted?.succeeded?.length ?? 0);
  return {
    active,
    newSucceeded,
    newFailed,
    succeeded: isIndexed(job) ? succeededIndexes.size : succeeded,
    failed: (job.status?.failed ?? 0) + counting.length + (uncounted?.failed?.length ?? 0),
    succeededIndexes,
    failedIndexes,
    awaitingReplacement:
      failedIndexes === undefined ? new Map() : lastFailedPods(facts, { active, succeededIndexes, failedIndexes }),
  };
}

function indexesWhere(facts: JobFacts, known: string | undefined, applies: (job: Job, pod: Pod) => boolean): IndexSet {
  const { job, pods } = facts;
  const found = pods.map((pod) => (applies(job, pod) ? indexOfPod(job, pod) : undefined));
  const indexes = indexesOf(found.filter((index) => index !== undefined));
  return union(parseIndexes(known, job.spec?.completions), indexes);
}

function succeededTracked(_job: Job, pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" && isTracked(pod);
}

/** The index has used up its own limit, or a rule of the policy gives it up. */
function isIndexFailed(job: Job, pod: Pod): boolean {
  if (!isTracked(pod) || !isPodFailed(job, pod)) return false;
  const verdict = judgeFailure(job, pod);
  return (
    verdict.action === "FailIndex" || (verdict.counts && failureCount(pod) >= (job.spec?.backoffLimitPerIndex ?? 0))
  );
}

function lastFailedPods(
  facts: JobFacts,
  known: { active: readonly Pod[]; succeededIndexes: IndexSet; failedIndexes: IndexSet },
): Map<number, Pod> {
  const { job, pods } = facts;
  const indexOf = (pod: Pod): number | undefined => indexOfPod(job, pod);
  const activeIndexes = known.active.map(indexOf).filter((index) => index !== undefined);
  const settled = new Set(activeIndexes);
  const last = new Map<number, Pod>();
  const failures = (pod: Pod): number => failureCount(pod) + ignoredFailureCount(pod);
  for (const pod of pods) {
    const index = indexOf(pod);
    if (index === undefined || settled.has(index) || !isCountable(facts, pod) || !isPodFailed(job, pod)) continue;
    if (hasIndex(known.succeededIndexes, index) || hasIndex(known.failedIndexes, index)) continue;
    const other = last.get(index);
    const later = other === undefined || (failures(other) <= failures(pod) && finishedAtMs(pod) >= finishedAtMs(other));
    if (later) last.set(index, pod);
  }
  return last;
}
