import type { CronJob, CronJobStatus, Job } from "../../api/generated/batch/v1.ts";
import type { RecordedEvent } from "../../client/events.ts";
import { endOf } from "./plan.ts";

export interface ActiveFacts {
  readonly cronJob: CronJob;
  /** Those that it controls. */
  readonly jobs: readonly Job[];
  /** Uids of active jobs that are known to be gone. */
  readonly gone: ReadonlySet<string>;
}

export interface ActiveJobs {
  readonly status: CronJobStatus;
  readonly events: readonly RecordedEvent[];
}

/** The status without the jobs that have ended or are gone. Pure. */
export function updateActive({ cronJob, jobs, gone }: ActiveFacts): ActiveJobs {
  const events: RecordedEvent[] = [];
  const byUid = new Map(jobs.map((job) => [job.metadata?.uid, job]));
  const active = (cronJob.status?.active ?? []).filter(({ uid = "", name }) => {
    if (gone.has(uid)) {
      events.push({ type: "Normal", reason: "MissingJob", message: `Active job went missing: ${name}` });
      return false;
    }
    const job = byUid.get(uid);
    const end = job === undefined ? undefined : endOf(job);
    if (end === undefined) return true;
    events.push({
      type: "Normal",
      reason: "SawCompletedJob",
      message: `Saw completed job: ${name}, condition: ${end}`,
    });
    return false;
  });
  for (const job of unexpectedJobs(cronJob, jobs)) {
    const message = `Saw a job that the controller did not create or forgot: ${job.metadata?.name}`;
    events.push({ type: "Warning", reason: "UnexpectedJob", message });
  }
  const successes = jobs.filter((job) => endOf(job) === "Complete").map((job) => job.status?.completionTime);
  const times = [cronJob.status?.lastSuccessfulTime, ...successes].filter((time) => time !== undefined);
  const lastSuccessfulTime = times.toSorted().at(-1);
  return {
    status: { ...cronJob.status, active: active.length === 0 ? undefined : active, lastSuccessfulTime },
    events,
  };
}

/** True when a job runs that is not among the active ones. Pure. */
export function hasUnexpected(cronJob: CronJob, jobs: readonly Job[]): boolean {
  return unexpectedJobs(cronJob, jobs).length > 0;
}

function unexpectedJobs(cronJob: CronJob, jobs: readonly Job[]): Job[] {
  const active = new Set(cronJob.status?.active?.map(({ uid }) => uid));
  return jobs.filter((job) => endOf(job) === undefined && !active.has(job.metadata?.uid));
}
