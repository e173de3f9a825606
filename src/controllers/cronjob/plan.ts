import type { CronJob, Job } from "../../api/generated/batch/v1.ts";
import { controllerReference } from "../pod-control/claim.ts";
import type { Schedule } from "./schedule.ts";
import { formatInZone } from "./wall-time.ts";

/** A moment is asked for a little late, so that it is certainly over. */
const NEXT_DELTA_MS = 100;
const MANY_MISSED = 100;

export interface Due {
  /** The last moment that is due and was not seen to, in milliseconds since the epoch. */
  readonly atMs?: number;
  readonly missed: number;
}

/**
 * The most recent of the moments since the last run (or the creation, or the starting deadline) that have passed. Pure.
 * @throws Error for a schedule that is never due twice
 */
export function dueMoment(cronJob: CronJob, schedule: Schedule, nowMs: number): Due {
  const sinceMs = earliest(cronJob, nowMs);
  const first = schedule.next(sinceMs);
  if (first === undefined) throw new Error("time difference between two schedules is less than 1 second");
  if (nowMs < first) return { missed: 0 };
  const second = schedule.next(first);
  if (second === undefined || nowMs < second) return { atMs: first, missed: 1 };
  const missed = Math.floor((nowMs - first) / (second - first)) + 1;
  // Far behind, the walk starts near the end: uneven schedules need a few more steps from there.
  const startMs = missed > MANY_MISSED ? Math.max(first, nowMs - 10 * (second - first)) : first;
  let atMs = first;
  for (
    let moment = schedule.next(startMs - 1);
    moment !== undefined && moment <= nowMs;
    moment = schedule.next(moment)
  ) {
    atMs = moment;
  }
  return { atMs, missed };
}

export function tooManyMissed(missed: number): boolean {
  return missed > MANY_MISSED;
}

function earliest(cronJob: CronJob, nowMs: number): number {
  const last = cronJob.status?.lastScheduleTime ?? cronJob.metadata?.creationTimestamp;
  const lastMs = last === undefined ? nowMs : Date.parse(last);
  const deadlineSeconds = cronJob.spec?.startingDeadlineSeconds;
  return deadlineSeconds === undefined ? lastMs : Math.max(lastMs, nowMs - deadlineSeconds * 1000);
}

/** How long until the next moment after now. Pure. */
export function nextInMs(schedule: Schedule, nowMs: number): number | undefined {
  const next = schedule.next(nowMs);
  return next === undefined ? undefined : next - nowMs + NEXT_DELTA_MS;
}

/** The name says the minute, so that one moment never gives two jobs. */
export function jobNameFor(cronJob: CronJob, atMs: number): string {
  return `${cronJob.metadata?.name}-${Math.floor(atMs / 60_000)}`;
}

/** The job of one moment. Pure. */
export function jobFor(cronJob: CronJob, atMs: number): Job {
  const { metadata, spec } = cronJob.spec!.jobTemplate;
  const scheduled = formatInZone(atMs, cronJob.spec?.timeZone ?? "UTC");
  return {
    metadata: {
      name: jobNameFor(cronJob, atMs),
      namespace: cronJob.metadata?.namespace,
      labels: { ...metadata?.labels },
      annotations: { ...metadata?.annotations, "batch.kubernetes.io/cronjob-scheduled-timestamp": scheduled },
      ownerReferences: [controllerReference({ apiVersion: "batch/v1", kind: "CronJob", metadata: cronJob.metadata })],
    },
    spec,
  };
}

export function endOf(job: Job): "Complete" | "Failed" | undefined {
  const condition = job.status?.conditions?.find(
    ({ type, status }) => (type === "Complete" || type === "Failed") && status === "True",
  );
  return condition?.type as "Complete" | "Failed" | undefined;
}

/** Ended jobs beyond the history limits, oldest first. Pure. */
export function jobsToRemove(cronJob: CronJob, jobs: readonly Job[]): Job[] {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec!;
  const surplus = (end: "Complete" | "Failed", limit: number | undefined): Job[] => {
    if (limit === undefined) return [];
    const ended = jobs.filter((job) => endOf(job) === end && job.metadata?.deletionTimestamp === undefined);
    return ended.toSorted(byStart).slice(0, Math.max(0, ended.length - limit));
  };
  return [...surplus("Complete", successfulJobsHistoryLimit), ...surplus("Failed", failedJobsHistoryLimit)];
}

function byStart(a: Job, b: Job): number {
  const [startA, startB] = [a.status?.startTime, b.status?.startTime];
  if (startA !== startB) return startA === undefined ? 1 : startB === undefined ? -1 : startA < startB ? -1 : 1;
  return (a.metadata?.name ?? "") < (b.metadata?.name ?? "") ? -1 : 1;
}
