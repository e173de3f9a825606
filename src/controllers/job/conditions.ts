import { findCondition } from "../../api/conditions.ts";
import type { Job, JobCondition } from "../../api/generated/batch/v1.ts";
import { formatTime } from "../../base/clock.ts";

export type JobConditionType = "Suspended" | "Complete" | "Failed" | "FailureTarget" | "SuccessCriteriaMet";

export function jobCondition(
  type: JobConditionType,
  { reason, message }: { reason?: string | undefined; message?: string | undefined },
  nowMs: number,
): JobCondition {
  const time = formatTime(nowMs);
  return { type, status: "True", reason, message, lastProbeTime: time, lastTransitionTime: time };
}

/** Complete or failed, for good. */
export function finishedConditionOf(job: Job): JobCondition | undefined {
  return job.status?.conditions?.find(
    (condition) => (condition.type === "Complete" || condition.type === "Failed") && condition.status === "True",
  );
}

/** The condition of that type, when it is true. */
export function trueCondition(job: Job, type: JobConditionType): JobCondition | undefined {
  const found = findCondition(job.status?.conditions, type);
  return found?.status === "True" ? found : undefined;
}

/** Conditions with one set to a status; undefined when nothing changes. A condition that would be false from the start is not added. */
export function withStatus(
  conditions: readonly JobCondition[] | undefined,
  condition: JobCondition,
): JobCondition[] | undefined {
  const before = findCondition(conditions, condition.type);
  if (before === undefined) return condition.status === "False" ? undefined : [...(conditions ?? []), condition];
  const same =
    before.status === condition.status && before.reason === condition.reason && before.message === condition.message;
  if (same) return undefined;
  const kept = before.status === condition.status ? before.lastTransitionTime : condition.lastTransitionTime;
  const after = { ...condition, lastTransitionTime: kept };
  return (conditions ?? []).map((each) => (each === before ? after : each));
}
