import type { CronJob, CronJobStatus, Job } from "../../api/generated/batch/v1.ts";
import { cronJobs, jobs } from "../../api/generated/resources.ts";
import { controllerOf, joinKey } from "../../api/meta.ts";
import { isAlreadyExists, isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { formatTime } from "../../base/clock.ts";
import { referenceTo } from "../../client/event-recorder.ts";
import type { RecordedEvent } from "../../client/events.ts";
import type { Informer } from "../../client/informer.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { createOwnWrites, type OwnWrites } from "../own-writes.ts";
import { type ControllerDependencies, type ControllerFactory, from, type ReconcileResult } from "../reconciler.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { hasUnexpected, updateActive } from "./active-jobs.ts";
import { dueMoment, jobFor, jobNameFor, jobsToRemove, nextInMs, tooManyMissed } from "./plan.ts";
import { parseSchedule, type Schedule } from "./schedule.ts";

interface Context extends ControllerDependencies {
  readonly cronJobs: Informer<CronJob>;
  /** When it was due last may be written and not shown yet. */
  readonly latest: OwnWrites<CronJob>;
  readonly jobs: Informer<Job>;
}

/** Makes the Jobs of CronJobs when they are due. Without a time zone of their own, schedules are in UTC. */
export const cronJobController: ControllerFactory = (dependencies) => {
  const known = dependencies.informers.informer(cronJobs);
  const context: Context = {
    ...dependencies,
    cronJobs: known,
    latest: createOwnWrites(known),
    jobs: dependencies.informers.informer(jobs, { controller: (job) => [controllerOf(job)?.uid ?? ""] }),
  };
  return {
    name: "cronjob-controller",
    workers: 5,
    sources: [
      from(context.cronJobs, ({ key }) => [key]),
      from(context.jobs, ({ before, after }) => {
        const job = after ?? before;
        const owner = job === undefined ? undefined : controllerOf(job);
        return owner?.kind === "CronJob" ? [joinKey(job?.metadata?.namespace, owner.name)] : [];
      }),
    ],
    reconcile: (key) => reconcile(context, key),
  };
};

async function reconcile(context: Context, key: string): Promise<ReconcileResult> {
  const cached = context.latest.get(key);
  if (cached === undefined) return undefined;
  const children = context.jobs.by("controller", cached.metadata?.uid ?? "");
  const cronJob = hasUnexpected(cached, children) ? await liveCronJob(context, cached) : cached;
  if (cronJob === undefined) return undefined;
  const gone = await missingJobs(context, cronJob, children);
  const { status, events } = updateActive({ cronJob, jobs: children, gone });
  for (const event of events) context.events.event(cronJob, event);
  const current = await updateStatus(context, cronJob, status);
  for (const job of jobsToRemove(cronJob, children)) await deleteJob(context, cronJob, job);
  if (cronJob.metadata?.deletionTimestamp !== undefined || cronJob.spec?.suspend === true) return undefined;
  const schedule = scheduleOf(context, cronJob);
  return schedule === undefined ? undefined : await runIfDue(context, current, schedule);
}

/** A cache that is behind does not know the jobs that were started last: then only the present object can tell. */
async function liveCronJob({ client }: Context, cached: CronJob): Promise<CronJob | undefined> {
  const { namespace, name = "", uid } = cached.metadata ?? {};
  try {
    const live = await client.get(cronJobs, { namespace, name });
    return live.metadata?.uid === uid ? live : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Active jobs that neither the cache nor the API server knows: a slow watch must not make one look lost. */
async function missingJobs(context: Context, cronJob: CronJob, children: readonly Job[]): Promise<Set<string>> {
  const gone = new Set<string>();
  for (const { uid = "", name = "", namespace } of cronJob.status?.active ?? []) {
    if (children.some((job) => job.metadata?.uid === uid)) continue;
    try {
      const live = await context.client.get(jobs, { namespace, name });
      if (live.metadata?.uid !== uid) gone.add(uid);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      gone.add(uid);
    }
  }
  return gone;
}

/** Undefined, with an event, when the schedule or its time zone cannot be understood: only an update can help then. */
function scheduleOf({ events }: Context, cronJob: CronJob): Schedule | undefined {
  const { schedule, timeZone } = cronJob.spec!;
  try {
    return parseSchedule(schedule, timeZone);
  } catch (error) {
    const event =
      error instanceof RangeError
        ? { reason: "UnknownTimeZone", message: `invalid timeZone: "${timeZone}": unknown time zone ${timeZone}` }
        : { reason: "UnparseableSchedule", message: `unparseable schedule: "${schedule}" : ${errorMessage(error)}` };
    events.event(cronJob, { type: "Warning", ...event });
    return undefined;
  }
}

async function runIfDue(context: Context, cronJob: CronJob, schedule: Schedule): Promise<ReconcileResult> {
  const nowMs = context.clock.now();
  const tell = (type: RecordedEvent["type"], reason: string, message: string): void =>
    context.events.event(cronJob, { type, reason, message });
  const waitMs = nextInMs(schedule, nowMs);
  const later = waitMs === undefined ? undefined : { requeueAfterMs: waitMs };
  const due = dueOrNothing(context, { cronJob, schedule, nowMs });
  if (due?.atMs === undefined) return later;
  const { atMs } = due;
  if (tooManyMissed(due.missed)) {
    const advice = "Set or decrease .spec.startingDeadlineSeconds or check clock skew";
    tell("Warning", "TooManyMissedTimes", `too many missed start times: ${due.missed}. ${advice}`);
  }
  const deadlineSeconds = cronJob.spec?.startingDeadlineSeconds;
  if (deadlineSeconds !== undefined && atMs + deadlineSeconds * 1000 < nowMs) {
    tell("Warning", "MissSchedule", `Missed scheduled time to start a job: ${formatTime(atMs)}`);
    return later;
  }
  const active = cronJob.status?.active ?? [];
  if (active.some(({ name }) => name === jobNameFor(cronJob, atMs))) return later;
  if (cronJob.spec?.concurrencyPolicy === "Forbid" && active.length > 0) {
    const reason = "Not starting job because prior execution is running and concurrency policy is Forbid";
    tell("Normal", "JobAlreadyActive", reason);
    return later;
  }
  await startJob(context, cronJob, atMs);
  return later;
}

function dueOrNothing(
  { events }: Context,
  { cronJob, schedule, nowMs }: { cronJob: CronJob; schedule: Schedule; nowMs: number },
) {
  try {
    return dueMoment(cronJob, schedule, nowMs);
  } catch (error) {
    const message = `invalid schedule: ${cronJob.spec?.schedule} : ${errorMessage(error)}`;
    events.event(cronJob, { type: "Warning", reason: "InvalidSchedule", message });
    return undefined;
  }
}

async function startJob(context: Context, cronJob: CronJob, atMs: number): Promise<void> {
  let active = cronJob.status?.active ?? [];
  if (cronJob.spec?.concurrencyPolicy === "Replace") {
    for (const { namespace, name = "", uid } of active) {
      await deleteJob(context, cronJob, { metadata: { namespace, name, uid } });
    }
    active = [];
  }
  const job = await createJob(context, cronJob, jobFor(cronJob, atMs));
  if (job === undefined) return;
  const { resourceVersion: _, ...reference } = referenceTo({ apiVersion: "batch/v1", kind: "Job", ...job });
  const status = { ...cronJob.status, active: [...active, reference], lastScheduleTime: formatTime(atMs) };
  await updateStatus(context, cronJob, status);
}

/** The job of that name: made now, or by an earlier reconcile whose note of it was lost. Undefined when it cannot be made. */
async function createJob(context: Context, cronJob: CronJob, wanted: Job): Promise<Job | undefined> {
  const { events, client } = context;
  try {
    const made = await client.create(jobs, wanted);
    events.event(cronJob, {
      type: "Normal",
      reason: "SuccessfulCreate",
      message: `Created job ${made.metadata?.name}`,
    });
    return made;
  } catch (error) {
    if (isNamespaceTerminating(error)) return undefined;
    if (!isAlreadyExists(error)) {
      const message = `Error creating job: ${errorMessage(error)}`;
      events.event(cronJob, { type: "Warning", reason: "FailedCreate", message });
      throw error;
    }
  }
  const { namespace, name = "" } = wanted.metadata ?? {};
  const existing = await client.get(jobs, { namespace, name });
  if (controllerOf(existing)?.uid === cronJob.metadata?.uid) return existing;
  throw new Error(`job ${namespace}/${name} exists and is not of the cron job ${cronJob.metadata?.name}`);
}

async function deleteJob({ client, events }: Context, cronJob: CronJob, job: Pick<Job, "metadata">): Promise<void> {
  const { namespace, name = "", uid } = job.metadata ?? {};
  try {
    await client.delete(jobs, { namespace, name }, { propagationPolicy: "Background", preconditions: { uid } });
  } catch (error) {
    if (isNotFound(error)) return;
    events.event(cronJob, { type: "Warning", reason: "FailedDelete", message: `Deleted job: ${errorMessage(error)}` });
    throw error;
  }
  events.event(cronJob, { type: "Normal", reason: "SuccessfulDelete", message: `Deleted job ${name}` });
}

async function updateStatus(context: Context, cronJob: CronJob, status: CronJobStatus): Promise<CronJob> {
  if (semanticEqual(cronJob.status, status)) return cronJob;
  return context.latest.wrote(await context.client.update(cronJobs, { ...cronJob, status }, { subresource: "status" }));
}
