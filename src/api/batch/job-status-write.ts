import { isConditionTrue } from "../conditions.ts";
import type { Job, JobStatus } from "../generated/batch/v1.ts";
import { equalJson } from "../patch/json-value.ts";

/** A status that is written, and what it was before. */
export interface Write {
  readonly job: Job;
  readonly status: JobStatus;
  readonly before: JobStatus;
}

export const CONDITIONS = "status.conditions";
export const isTrue = (status: JobStatus, type: string): boolean => isConditionTrue(status.conditions, type);
export const isFinished = (status: JobStatus): boolean => isTrue(status, "Complete") || isTrue(status, "Failed");
/** Whether the write ends the job, or takes its end back. */
export const endsOrResumes = ({ status, before }: Write): boolean => isFinished(status) !== isFinished(before);

/** Whether the write changes one of these conditions. */
export const turns = ({ status, before }: Write, ...types: string[]): boolean =>
  types.some((type) => isTrue(status, type) !== isTrue(before, type));
export const changes = ({ status, before }: Write, ...keys: (keyof JobStatus)[]): boolean =>
  keys.some((key) => !equalJson(status[key] ?? null, before[key] ?? null));
