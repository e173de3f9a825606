import type { Job } from "../../api/generated/batch/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { JOB_FINALIZER } from "../pod-control/pod-informer.ts";
import { isPodTerminating } from "../pod-control/pod-state.ts";

export const COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index";
export const INDEX_FAILURE_COUNT = "batch.kubernetes.io/job-index-failure-count";
export const INDEX_IGNORED_FAILURE_COUNT = "batch.kubernetes.io/job-index-ignored-failure-count";

export function isIndexed(job: Job): boolean {
  return job.spec?.completionMode === "Indexed";
}

export function isSuspended(job: Job): boolean {
  return job.spec?.suspend === true;
}

export function hasLimitPerIndex(job: Job): boolean {
  return isIndexed(job) && job.spec?.backoffLimitPerIndex !== undefined;
}

export function isTracked(pod: Pod): boolean {
  return pod.metadata?.finalizers?.includes(JOB_FINALIZER) === true;
}

/** The pod's index if it is one of the job's, undefined otherwise. */
export function indexOfPod(job: Job, pod: Pod): number | undefined {
  const text = pod.metadata?.annotations?.[COMPLETION_INDEX] ?? "";
  if (!/^\d+$/.test(text)) return undefined;
  const index = Number(text);
  return index < (job.spec?.completions ?? 0) ? index : undefined;
}

/** Whether a pod is replaced only when it has failed, not already while it terminates. */
export function replacesOnlyFailed(job: Job): boolean {
  return job.spec?.podReplacementPolicy === "Failed" || job.spec?.podFailurePolicy !== undefined;
}

/** Failed; or on its way out, for it may never get to say how it ended. */
export function isPodFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase === "Failed") return true;
  return !replacesOnlyFailed(job) && pod.metadata?.deletionTimestamp !== undefined && pod.status?.phase !== "Succeeded";
}

export function terminatingCount(pods: readonly Pod[]): number {
  return pods.filter(isPodTerminating).length;
}

export function failureCount(pod: Pod): number {
  return countFrom(pod, INDEX_FAILURE_COUNT);
}

export function ignoredFailureCount(pod: Pod): number {
  return countFrom(pod, INDEX_IGNORED_FAILURE_COUNT);
}

function countFrom(pod: Pod, annotation: string): number {
  const text = pod.metadata?.annotations?.[annotation] ?? "";
  return /^\d+$/.test(text) ? Number(text) : 0;
}

/** When the pod ended, as well as can be told. Milliseconds since the epoch. */
export function finishedAtMs(pod: Pod): number {
  const statuses = pod.status?.containerStatuses ?? [];
  const ends = statuses.map((status) => status.state?.terminated?.finishedAt).filter((end) => end !== undefined);
  if (ends.length > 0 && ends.length === statuses.length) return Math.max(...ends.map((end) => Date.parse(end)));
  const ready = pod.status?.conditions?.find((condition) => condition.type === "Ready");
  if (ready?.status === "False" && ready.lastTransitionTime) return Date.parse(ready.lastTransitionTime);
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata ?? {};
  // The timestamp says when its grace ends, not when its deletion was asked for.
  if (deletionTimestamp !== undefined) return Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000;
  return creationTimestamp === undefined ? 0 : Date.parse(creationTimestamp);
}
