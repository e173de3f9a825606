import { nonNegative } from "../field-checks.ts";
import { duplicate, type FieldError, invalid, invalidWithoutValue, required } from "../field-error.ts";
import type { Job, JobStatus } from "../generated/batch/v1.ts";
import { CONDITIONS, changes, endsOrResumes, isFinished, isTrue, turns, type Write } from "./job-status-write.ts";
import { succeededIndexes, succeededIndexesError } from "./succeeded-indexes.ts";
import { validateTransition } from "./validate-job-transition.ts";

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
    ...validateCounts(write),
    ...validateCriteria(write),
    ...validateTransition(write),
  ];
}

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
  const target = isTrue(status, "FailureTarget");
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
  if (turns(write, "Complete", "SuccessCriteriaMet") && complete && !isTrue(status, "SuccessCriteriaMet")) {
    refuse("cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
  }
  return errors;
}

/** A job that has ended has nothing left that runs or is to be counted. */
function validateFinished(write: Write): FieldError[] {
  const { job, status } = write;
  const errors: FieldError[] = [];
  const finished = isFinished(status);
  const ends = endsOrResumes(write);
  const { active = 0, uncountedTerminatedPods: uncounted } = status;
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
  if (backoffLimitPerIndex !== undefined) unreadable("failedIndexes");
  if (changes(write, "completedIndexes") && completedIndexes !== "" && completionMode !== "Indexed") {
    const message = "cannot set non-empty completedIndexes when non-indexed completion mode";
    errors.push(invalid("status.completedIndexes", completedIndexes, message));
  }
  if (changes(write, "failedIndexes") && failedIndexes !== undefined && backoffLimitPerIndex === undefined) {
    const message = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
    errors.push(invalid("status.failedIndexes", failedIndexes, message));
  }
  if (completions === undefined || failedIndexes === undefined) return errors;
  if (!changes(write, "failedIndexes", "completedIndexes")) return errors;
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

function validateCounts(write: Write): FieldError[] {
  const { status } = write;
  const { active = 0, ready = 0, terminating = 0 } = status;
  const errors: FieldError[] = [];
  if ((endsOrResumes(write) || changes(write, "terminating")) && isFinished(status) && terminating > 0) {
    errors.push(invalid("status.terminating", terminating, "terminating>0 is invalid for finished job"));
  }
  if (changes(write, "ready", "active") && ready > active) {
    errors.push(invalid("status.ready", ready, "cannot set more ready pods than active"));
  }
  return errors;
}

/** What has met its criteria has not failed, and what has criteria of its own meets them before it is complete. */
function validateCriteria({ job, status }: Write): FieldError[] {
  const isMet = isTrue(status, "SuccessCriteriaMet");
  const wrong: string[] = [];
  if (isMet && isTrue(status, "Failed")) wrong.push("cannot set SuccessCriteriaMet=True and Failed=true conditions");
  if (isMet && isTrue(status, "FailureTarget")) {
    wrong.push("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions");
  }
  if (!isMet && isTrue(status, "Complete") && job.spec?.successPolicy !== undefined) {
    wrong.push("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True");
  }
  return wrong.map((detail) => invalidWithoutValue(CONDITIONS, detail));
}
