import { findCondition } from "../conditions.ts";
import { type FieldError, invalid, invalidWithoutValue } from "../field-error.ts";
import { CONDITIONS, changes, isTrue, type Write } from "./job-status-write.ts";

/** What is wrong with how a status changes: what has been told once cannot be taken back. */
export function validateTransition(write: Write): FieldError[] {
  const { status, before } = write;
  const errors: FieldError[] = [];
  const refuse = (detail: string) => errors.push(invalidWithoutValue(CONDITIONS, detail));
  for (const type of ["Failed", "Complete", "FailureTarget"]) {
    if (isTrue(before, type) && !isTrue(status, type)) refuse(`cannot disable the terminal ${type}=True condition`);
  }
  errors.push(...validateCounters(write), ...validateTimes(write));
  const [met, isMet] = [isTrue(before, "SuccessCriteriaMet"), isTrue(status, "SuccessCriteriaMet")];
  if (met && !isMet) refuse("cannot disable the SuccessCriteriaMet=True condition");
  if (!met && isMet && isTrue(before, "Complete")) {
    refuse("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions");
  }
  return errors;
}

/** A job with indexes can shrink, and with it what has succeeded. */
function validateCounters({ job, status, before }: Write): FieldError[] {
  const { completions, parallelism, completionMode } = job.spec ?? {};
  const keys = completionMode === "Indexed" && completions === parallelism ? (["failed"] as const) : COUNTERS;
  return keys
    .filter((key) => (status[key] ?? 0) < (before[key] ?? 0))
    .map((key) => invalid(`status.${key}`, status[key] ?? 0, `cannot decrease the ${key} counter`));
}

const COUNTERS = ["failed", "succeeded"] as const;

function validateTimes(write: Write): FieldError[] {
  const { job, status, before } = write;
  const errors: FieldError[] = [];
  if (before.completionTime !== undefined && status.completionTime !== undefined && changes(write, "completionTime")) {
    errors.push(invalid("status.completionTime", status.completionTime, "completionTime cannot be mutated"));
  }
  // A job that is resumed starts anew: its time may move.
  const resumes = isTrue(before, "Suspended") && findCondition(status.conditions, "Suspended")?.status === "False";
  if (job.spec?.suspend === true || resumes || before.startTime === undefined || !changes(write, "startTime")) {
    return errors;
  }
  const message = "field is immutable for unsuspended job once set";
  return [...errors, invalid("status.startTime", status.startTime ?? "null", message)];
}
