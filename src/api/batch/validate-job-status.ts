import { isConditionTrue } from "../conditions.ts";
import { nonNegative } from "../field-checks.ts";
import { duplicate, type FieldError, invalid, invalidWithoutValue, required } from "../field-error.ts";
import type { Job, JobStatus } from "../generated/batch/v1.ts";
import { equalJson } from "../patch/json-value.ts";
import { succeededIndexes, succeededIndexesError } from "./succeeded-indexes.ts";

/**
 * What is wrong with a job's status as whoever works on the job writes it. Most rules look only at what the write changes:
 * a status that is wrong already does not keep everything else from being written.
 */
export function validateJobStatus(job: Job, old: Job): FieldError[] {
  const status = job.status ?? {};
  const counts = (["active", "succeeded", "failed", "ready", "terminating"] as const).flatMap((key) =>
    nonNegative(status[key], `status.${key}`),
  );
  const write: Write = { job, status, before: old.status ?? {} };
  return [
    ...counts,
    ...validateUncounted(status),
    ...validateEnd(write),
    ...validateFinished(write),
    ...validateIndexes(write),
    ...validateTransition(write),
  ];
}

interface Write {
  readonly job: Job;
  readonly status: JobStatus;
  readonly before: JobStatus;
}

const CONDITIONS = "status.conditions";
const isTrue = (status: JobStatus, type: string): boolean => isConditionTrue(status.conditions, type);
const isFinished = (status: JobStatus): boolean => isTrue(status, "Complete") || isTrue(status, "Failed");

/** Whether the write changes one of these conditions. */
const turns = ({ status, before }: Write, ...types: string[]): boolean =>
  types.some((type) => isTrue(status, type) !== isTrue(before, type));
const changes = ({ status, before }: Write, ...keys: (keyof JobStatus)[]): boolean =>
  keys.some((key) => !equalJson(status[key] ?? null, before[key] ?? null));

function validateUncounted({ uncountedTerminatedPods: pods }: JobStatus): FieldError[] {
  const seen = new Set<string>();
  return (["succeeded", "failed"] as const).flatMap((list) =>
    (pods?.[list] ?? []).flatMap((uid, index) => {
      const path = `status.uncountedTerminatedPods.${list}[${index}]`;
      if (uid === "") return [invalid(path, uid, "must not be empty")];
      if (seen.has(uid)) return [duplicate(path, uid)];
      seen.add(uid);
      return [];
    }),
  );
}

/** Conditions that go together or exclude each other, and the times that belong to them. */
function validateEnd(write: Write): FieldError[] {
  const { status } = write;
  const errors: FieldError[] = [];
  const refuse = (detail: string) => errors.push(invalidWithoutValue(CONDITIONS, detail));
  const [complete, failed] = [isTrue(status, "Complete"), isTrue(status, "Failed")];
  const [target, criteria] = [isTrue(status, "FailureTarget"), isTrue(status, "SuccessCriteriaMet")];
  if (turns(write, "Complete", "Failed") && complete && failed) {
    refuse("cannot set Complete=True and Failed=true conditions");
  }
  if (turns(write, "Complete", "FailureTarget") && complete && target) {
    refuse("cannot set Complete=True and FailureTarget=true conditions");
  }
  const { startTime, completionTime } = status;
  if (turns(write, "Complete") || changes(write, "completionTime")) {
    if (completionTime !== undefined && !complete) {
      const message = "cannot set completionTime when there is no Complete=True condition";
      errors.push(invalid("status.completionTime", completionTime, message));
    }
    if (completionTime === undefined && complete) {
      errors.push(required("status.completionTime", "completionTime is required for Complete jobs"));
    }
  }
  if (changes(write, "startTime", "completionTime") && startTime !== undefined && completionTime !== undefined) {
    if (Date.parse(completionTime) < Date.parse(startTime)) {
      errors.push(invalid("status.completionTime", completionTime, "completionTime cannot be set before startTime"));
    }
  }
  if (turns(write, "Failed", "FailureTarget") && failed && !target) {
    refuse("cannot set Failed=True condition without the FailureTarget=true condition");
  }
  if (turns(write, "Complete", "SuccessCriteriaMet") && complete && !criteria) {
    refuse("cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
  }
  if (criteria && failed) refuse("cannot set Failed=True and SuccessCriteriaMet=true conditions");
  if (criteria && target) refuse("cannot set FailureTarget=true and SuccessCriteriaMet=true conditions");
  return errors;
}

/** A job that has ended has nothing left that runs or is to be counted. */
function validateFinished(write: Write): FieldError[] {
  const { job, status } = write;
  const errors: FieldError[] = [];
  const ends = turns(write, "Complete", "Failed");
  const finished = isFinished(status);
  const { active = 0, terminating = 0, ready = 0, uncountedTerminatedPods: uncounted } = status;
  if ((ends || changes(write, "active")) && finished && active > 0) {
    errors.push(invalid("status.active", active, "active>0 is invalid for finished job"));
  }
  const neverRan = job.spec?.suspend === true && job.spec.completions === 0;
  if ((ends || changes(write, "startTime")) && finished && status.startTime === undefined && !neverRan) {
    errors.push(required("status.startTime", "startTime is required for finished job"));
  }
  const left = (uncounted?.succeeded ?? []).length + (uncounted?.failed ?? []).length;
  if ((ends || changes(write, "uncountedTerminatedPods")) && finished && left > 0) {
    const message = "uncountedTerminatedPods needs to be empty for finished job";
    errors.push(invalid("status.uncountedTerminatedPods", uncounted, message));
  }
  if ((ends || changes(write, "terminating")) && finished && terminating > 0) {
    errors.push(invalid("status.terminating", terminating, "terminating>0 is invalid for finished job"));
  }
  if (changes(write, "ready", "active") && ready > active) {
    errors.push(invalid("status.ready", ready, "cannot set more ready pods than active"));
  }
  return errors;
}

function validateIndexes(write: Write): FieldError[] {
  const { job, status } = write;
  const { completions, completionMode, backoffLimitPerIndex } = job.spec ?? {};
  const { completedIndexes = "", failedIndexes } = status;
  const errors: FieldError[] = [];
  const unreadable = (key: "completedIndexes" | "failedIndexes"): void => {
    if (completions === undefined || !changes(write, key)) return;
    const wrong = succeededIndexesError(status[key] ?? "", completions);
    if (typeof wrong === "string") {
      errors.push(invalid(`status.${key}`, status[key] ?? "", `error parsing ${key}: ${wrong}`));
    }
  };
  unreadable("completedIndexes");
  unreadable("failedIndexes");
  if (changes(write, "completedIndexes") && completedIndexes !== "" && completionMode !== "Indexed") {
    const message = "cannot set non-empty completedIndexes when non-indexed completion mode";
    errors.push(invalid("status.completedIndexes", completedIndexes, message));
  }
  if (changes(write, "failedIndexes") && failedIndexes !== undefined && backoffLimitPerIndex === undefined) {
    const message = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
    errors.push(invalid("status.failedIndexes", failedIndexes, message));
  }
  if (errors.length > 0 || failedIndexes === undefined || !changes(write, "failedIndexes", "completedIndexes")) {
    return errors;
  }
  const both = firstCommon(succeededIndexes(completedIndexes), succeededIndexes(failedIndexes));
  if (both === undefined) return errors;
  const message = `failedIndexes and completedIndexes overlap at index: ${both}`;
  return [...errors, invalid("status.failedIndexes", failedIndexes, message)];
}

type Interval = readonly [first: number, last: number];

/** The first index that both lists of increasing intervals have. */
function firstCommon(a: readonly Interval[], b: readonly Interval[]): number | undefined {
  for (let [i, j] = [0, 0]; i < a.length && j < b.length; ) {
    const start = Math.max(a[i]![0], b[j]![0]);
    if (start <= Math.min(a[i]![1], b[j]![1])) return start;
    if (a[i]![1] < b[j]![1]) i++;
    else j++;
  }
  return undefined;
}

/** What has been told once cannot be taken back. */
function validateTransition(write: Write): FieldError[] {
  const { job, status, before } = write;
  const errors: FieldError[] = [];
  for (const type of ["Failed", "Complete", "FailureTarget"]) {
    if (!isTrue(before, type) || isTrue(status, type)) continue;
    errors.push(invalidWithoutValue(CONDITIONS, `cannot disable the terminal ${type}=True condition`));
  }
  const { completions, parallelism, completionMode, suspend } = job.spec ?? {};
  const mayShrink = completionMode === "Indexed" && completions === parallelism;
  for (const [key, allowed] of [
    ["failed", false],
    ["succeeded", mayShrink],
  ] as const) {
    if (allowed || (status[key] ?? 0) >= (before[key] ?? 0)) continue;
    errors.push(invalid(`status.${key}`, status[key] ?? 0, `cannot decrease the ${key} counter`));
  }
  if (before.completionTime !== undefined && status.completionTime !== undefined && changes(write, "completionTime")) {
    errors.push(invalid("status.completionTime", status.completionTime, "completionTime cannot be mutated"));
  }
  // A job that is resumed starts anew: its time may move.
  if (suspend !== true && before.startTime !== undefined && status.startTime === undefined) {
    errors.push(required("status.startTime", "startTime cannot be removed for unsuspended job"));
  }
  if (isTrue(before, "SuccessCriteriaMet") && !isTrue(status, "SuccessCriteriaMet")) {
    errors.push(invalidWithoutValue(CONDITIONS, "cannot disable the SuccessCriteriaMet=True condition"));
  }
  return errors;
}
