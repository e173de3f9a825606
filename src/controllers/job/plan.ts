import type { Job, JobCondition } from "../../api/generated/batch/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { deletionOrder } from "../pod-control/deletion-order.ts";
import { isPodTerminating } from "../pod-control/pod-state.ts";
import { waitForIndexMs, waitMs } from "./backoff.ts";
import { jobCondition, trueCondition } from "./conditions.ts";
import type { JobCounts, JobFacts } from "./facts.ts";
import { judgeFailure } from "./failure-policy.ts";
import { firstMissing, indexesOf, NO_INDEXES, union } from "./index-set.ts";
import { indexOfPod, isIndexed, isPodFailed, isSuspended, replacesOnlyFailed, terminatingCount } from "./job-pods.ts";
import { metSuccessPolicy } from "./success-policy.ts";

/** So many pods at most are made or removed in one reconcile. */
const MOST_PODS = 500;

export interface JobPlan {
  /** What ends the job (FailureTarget or SuccessCriteriaMet): all its pods go. */
  readonly ending?: JobCondition | undefined;
  readonly delete: readonly Pod[];
  /** Indexes for new pods; `undefined` for a pod without index. */
  readonly create: readonly (number | undefined)[];
  /** When to look again, for a back-off. */
  readonly waitMs?: number | undefined;
  /** False when pods were left alone because the cache is behind or the job is being deleted. */
  readonly managed: boolean;
}

/** Which pods a job needs now, or why it ends. Pure. */
export function planJob(facts: JobFacts, counts: JobCounts): JobPlan {
  const ending = endingOf(facts, counts);
  if (ending !== undefined) return { ending, delete: counts.active, create: [], managed: false };
  if (!facts.trusted || facts.job.metadata?.deletionTimestamp !== undefined) {
    return { delete: [], create: [], managed: false };
  }
  if (isSuspended(facts.job)) return { delete: counts.active, create: [], managed: true };
  return { ...planPods(facts, counts), managed: true };
}

/** Why the job is over, if it is; what was decided in an earlier reconcile stays. */
function endingOf(facts: JobFacts, counts: JobCounts): JobCondition | undefined {
  const { job, pods, nowMs } = facts;
  const decided = trueCondition(job, "SuccessCriteriaMet") ?? trueCondition(job, "FailureTarget");
  if (decided !== undefined) return decided;
  const failure = (reason: string, message: string) => jobCondition("FailureTarget", { reason, message }, nowMs);
  for (const pod of pods) {
    const message = isPodFailed(job, pod) ? judgeFailure(job, pod).message : undefined;
    if (message !== undefined) return failure("PodFailurePolicy", message);
  }
  if (counts.failed > (job.spec?.backoffLimit ?? 6) || restartedTooOften(job, pods)) {
    return failure("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  if (deadlineInMs(job, nowMs) === 0) {
    return failure("DeadlineExceeded", "Job was active longer than specified deadline");
  }
  if (!isIndexed(job)) return undefined;
  const failedIndexes = counts.failedIndexes ?? NO_INDEXES;
  if (failedIndexes.size > (job.spec?.maxFailedIndexes ?? Number.POSITIVE_INFINITY)) {
    return failure("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
  }
  if (failedIndexes.size > 0 && failedIndexes.size + counts.succeededIndexes.size >= (job.spec?.completions ?? 0)) {
    return failure("FailedIndexes", "Job has failed indexes");
  }
  const message = metSuccessPolicy(job, counts.succeededIndexes);
  return message === undefined
    ? undefined
    : jobCondition("SuccessCriteriaMet", { reason: "SuccessPolicy", message }, nowMs);
}

/** Pods that restart in place never fail; their restarts count instead. */
function restartedTooOften(job: Job, pods: readonly Pod[]): boolean {
  if (job.spec?.template.spec?.restartPolicy !== "OnFailure") return false;
  const limit = job.spec.backoffLimit ?? 6;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== "Running" && status?.phase !== "Pending") continue;
    for (const each of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
      restarts += each.restartCount;
    }
  }
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Time until activeDeadlineSeconds is over; undefined when the clock does not run. Pure. */
export function deadlineInMs(job: Job, nowMs: number): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds;
  if (seconds === undefined || isSuspended(job) || job.status?.startTime === undefined) return undefined;
  return Math.max(0, Date.parse(job.status.startTime) + seconds * 1000 - nowMs);
}

function planPods(facts: JobFacts, counts: JobCounts): Omit<JobPlan, "managed"> {
  const { job, pods } = facts;
  const active = counts.active.length;
  const parallelism = job.spec?.parallelism ?? 1;
  const { completions } = job.spec!;
  // Without completions, one success means that no further pod is started.
  const missing = completions === undefined ? undefined : Math.max(0, completions - counts.succeeded);
  const wanted = missing === undefined ? (counts.succeeded > 0 ? active : parallelism) : Math.min(parallelism, missing);
  const remove = podsToRemove(facts, counts, Math.max(0, active - wanted)).slice(0, MOST_PODS);
  if (remove.length > 0) return { delete: remove, create: [] };
  const terminating = replacesOnlyFailed(job) ? terminatingCount(pods) : 0;
  const lacking = Math.min(MOST_PODS, wanted - active - terminating);
  return lacking <= 0 ? { delete: [], create: [] } : planCreations(facts, counts, lacking);
}

function planCreations(facts: JobFacts, counts: JobCounts, lacking: number): Omit<JobPlan, "managed"> {
  const { job, pods, nowMs } = facts;
  if (counts.failedIndexes === undefined) {
    const wait = waitMs(facts.backoff, nowMs);
    if (wait > 0) return { delete: [], create: [], waitMs: wait };
  }
  if (!isIndexed(job)) return { delete: [], create: Array.from({ length: lacking }, () => undefined) };
  const held = replacesOnlyFailed(job) ? [...counts.active, ...pods.filter(isPodTerminating)] : counts.active;
  const taken = indexesOf(held.map((pod) => indexOfPod(job, pod)).filter((index) => index !== undefined));
  const settled = union(counts.succeededIndexes, counts.failedIndexes ?? NO_INDEXES, taken);
  const indexes = firstMissing(settled, lacking, job.spec?.completions ?? 0);
  const waits = indexes.map((index) => {
    const failed = counts.awaitingReplacement.get(index);
    return failed === undefined ? 0 : waitForIndexMs(failed, nowMs);
  });
  const create = indexes.filter((_, position) => waits[position] === 0);
  const open = waits.filter((wait) => wait > 0);
  return { delete: [], create, waitMs: open.length === 0 ? undefined : Math.min(...open) };
}

/** All that double an index or have none of the job's, and beyond those the least missed. */
function podsToRemove(facts: JobFacts, counts: JobCounts, atLeast: number): Pod[] {
  const { job, nowMs } = facts;
  const ordered = deletionOrder(counts.active, { related: counts.active, nowMs });
  if (!isIndexed(job)) return ordered.slice(0, atLeast);
  const best = new Map<number, Pod>();
  for (const pod of ordered) {
    const index = indexOfPod(job, pod);
    if (index !== undefined) best.set(index, pod);
  }
  const kept = new Set(best.values());
  const remove = ordered.filter((pod) => !kept.has(pod));
  for (const pod of ordered) if (kept.has(pod) && remove.length < atLeast) remove.push(pod);
  return remove;
}
