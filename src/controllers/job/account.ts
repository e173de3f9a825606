import { findCondition } from "../../api/conditions.ts";
import type { Job, JobCondition, JobStatus } from "../../api/generated/batch/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { formatTime } from "../../base/clock.ts";
import { isPodReady } from "../pod-control/pod-state.ts";
import { withStatus } from "./conditions.ts";
import { isCountable, type JobCounts, type JobFacts } from "./facts.ts";
import { judgeFailure } from "./failure-policy.ts";
import { formatIndexes, hasIndex, indexesOf, parseIndexes, union } from "./index-set.ts";
import { hasLimitPerIndex, indexOfPod, isIndexed, isPodFailed, isSuspended, terminatingCount } from "./job-pods.ts";

/** So many ended pods at most are counted in one reconcile. */
const MOST_UNCOUNTED = 500;

export interface AccountFacts extends JobFacts {
  readonly counts: JobCounts;
  /** What ends the job, once nothing stands in the way of that. */
  readonly ending: JobCondition | undefined;
  /** Active and ready pods after those that were made and removed just now, and how many of these were removed. */
  readonly active: number;
  readonly ready: number;
  readonly removed: number;
  readonly conditions: readonly JobCondition[] | undefined;
  readonly startTime: string | undefined;
}

export interface Account {
  /** To be written before any finalizer is removed: pods that have ended are noted here by uid, so that none is lost or counted twice. */
  readonly status: JobStatus;
  /** Pods that may go once the status is written. */
  readonly untrack: readonly Pod[];
  /** There are more than one reconcile counts. */
  readonly more: boolean;
}

/** Counts pods that have ended, in the two steps that survive a crash between them (KEP-2307). Pure. */
export function accountJob(facts: AccountFacts): Account {
  const { job, counts, ending } = facts;
  const before: JobStatus = { ...job.status, uncountedTerminatedPods: { ...job.status?.uncountedTerminatedPods } };
  const status = countUntracked(before, trackedUids(facts));
  const ended = noteEnded(facts, status);
  status.uncountedTerminatedPods = {
    ...nonEmpty("succeeded", [...(status.uncountedTerminatedPods?.succeeded ?? []), ...ended.succeeded]),
    ...nonEmpty("failed", [...(status.uncountedTerminatedPods?.failed ?? []), ...ended.failed]),
  };
  if (isIndexed(job)) {
    const indexes = union(parseIndexes(job.status?.completedIndexes, job.spec?.completions), indexesOf(ended.indexes));
    status.completedIndexes = formatIndexes(indexes) || undefined;
    status.succeeded = indexes.size || undefined;
    if (hasLimitPerIndex(job)) status.failedIndexes = formatIndexes(counts.failedIndexes ?? parseIndexes(""));
  }
  status.active = facts.active || undefined;
  status.ready = facts.ready;
  status.terminating = terminatingCount(facts.pods) + facts.removed;
  status.startTime = facts.startTime;
  status.conditions = facts.conditions === undefined ? undefined : [...facts.conditions];
  if (ending !== undefined && findCondition(status.conditions, ending.type)?.status !== "True") {
    status.conditions = withStatus(status.conditions, ending);
  }
  return { status, untrack: ended.untrack, more: ended.more };
}

function trackedUids(facts: JobFacts): Set<string> {
  return new Set(facts.pods.filter((pod) => isHeld(facts, pod)).map((pod) => pod.metadata?.uid ?? ""));
}

function isHeld(facts: JobFacts, pod: Pod): boolean {
  const tracked = pod.metadata?.finalizers?.includes("batch.kubernetes.io/job-tracking") === true;
  return tracked && !facts.untracked.has(pod.metadata?.uid ?? "");
}

/** Moves noted pods whose finalizer is gone into the counts. Pure. */
export function countUntracked(status: JobStatus, tracked: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const keep = (uids: readonly string[]): string[] => uids.filter((uid) => tracked.has(uid));
  const [leftSucceeded, leftFailed] = [keep(succeeded), keep(failed)];
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + succeeded.length - leftSucceeded.length || undefined,
    failed: (status.failed ?? 0) + failed.length - leftFailed.length || undefined,
    uncountedTerminatedPods: { ...nonEmpty("succeeded", leftSucceeded), ...nonEmpty("failed", leftFailed) },
  };
}

function nonEmpty(name: "succeeded" | "failed", uids: readonly string[]): { succeeded?: string[]; failed?: string[] } {
  return uids.length === 0 ? {} : { [name]: [...uids] };
}

interface Ended {
  readonly untrack: Pod[];
  readonly succeeded: string[];
  readonly failed: string[];
  readonly indexes: number[];
  more: boolean;
}

function noteEnded(facts: AccountFacts, status: JobStatus): Ended {
  const { job } = facts;
  const known = {
    succeeded: new Set(job.status?.uncountedTerminatedPods?.succeeded),
    failed: new Set(job.status?.uncountedTerminatedPods?.failed),
  };
  const completed = parseIndexes(job.status?.completedIndexes, job.spec?.completions);
  const ended: Ended = { untrack: [], succeeded: [], failed: [], indexes: [], more: false };
  const noted =
    (status.uncountedTerminatedPods?.succeeded?.length ?? 0) + (status.uncountedTerminatedPods?.failed?.length ?? 0);
  for (const pod of sortedByIndex(job, facts.pods)) {
    if (!isHeld(facts, pod) || !mayGo(facts, pod)) continue;
    if (noted + ended.succeeded.length + ended.failed.length + ended.indexes.length >= MOST_UNCOUNTED) {
      ended.more = true;
      break;
    }
    ended.untrack.push(pod);
    const uid = pod.metadata?.uid ?? "";
    const index = indexOfPod(job, pod);
    if (pod.status?.phase === "Succeeded" && !known.failed.has(uid)) {
      if (!isIndexed(job)) {
        if (!known.succeeded.has(uid)) ended.succeeded.push(uid);
      } else if (index !== undefined && !hasIndex(completed, index)) ended.indexes.push(index);
    } else if (countsAsFailed(facts, pod) && !known.failed.has(uid)) ended.failed.push(uid);
  }
  return ended;
}

function sortedByIndex(job: Job, pods: readonly Pod[]): readonly Pod[] {
  if (!isIndexed(job)) return pods;
  const indexOf = (pod: Pod): number => indexOfPod(job, pod) ?? Number.MAX_SAFE_INTEGER;
  return pods.toSorted((a, b) => indexOf(a) - indexOf(b));
}

/** Whether the job has no further need of the pod. */
function mayGo(facts: AccountFacts, pod: Pod): boolean {
  const { job, counts, ending } = facts;
  if (job.metadata?.deletionTimestamp !== undefined || pod.status?.phase === "Succeeded") return true;
  if (!isPodFailed(job, pod)) return ending !== undefined;
  const index = indexOfPod(job, pod);
  // It carries the failure count of its index until its replacement does.
  return ending !== undefined || index === undefined || counts.awaitingReplacement.get(index) !== pod;
}

/** When a job ends by failure, every pod that has not ended has failed. */
function countsAsFailed(facts: AccountFacts, pod: Pod): boolean {
  const { job, ending } = facts;
  if (!isCountable(facts, pod)) return false;
  if (isPodFailed(job, pod)) return judgeFailure(job, pod).counts;
  return ending !== undefined && ending.type !== "SuccessCriteriaMet" && !(pod.status?.phase === "Succeeded");
}

/** The condition that the job ends with, once every pod is counted and gone. Pure. */
export function finalCondition(status: JobStatus, ending: JobCondition, nowMs: number): JobCondition | undefined {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  if (succeeded.length + failed.length > 0 || (status.terminating ?? 0) > 0) return undefined;
  const time = formatTime(nowMs);
  const type = ending.type === "SuccessCriteriaMet" ? "Complete" : "Failed";
  return { ...ending, type, lastProbeTime: time, lastTransitionTime: time };
}

export function readyCount(pods: readonly Pod[]): number {
  return pods.filter(isPodReady).length;
}

/** The Suspended condition as the spec has it now; undefined when it is that already. */
export function suspension(job: Job, nowMs: number): JobCondition | undefined {
  const suspended = isSuspended(job);
  const time = formatTime(nowMs);
  const condition: JobCondition = {
    type: "Suspended",
    status: suspended ? "True" : "False",
    reason: suspended ? "JobSuspended" : "JobResumed",
    message: suspended ? "Job suspended" : "Job resumed",
    lastProbeTime: time,
    lastTransitionTime: time,
  };
  return withStatus(job.status?.conditions, condition) === undefined ? undefined : condition;
}
