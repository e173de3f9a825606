import { findCondition, withoutCondition } from "../../api/conditions.ts";
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from "../../api/generated/apps/v1.ts";
import { formatTime } from "../../base/clock.ts";

const NO_DEADLINE = 0x7fffffff;

export function hasProgressDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec?.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== NO_DEADLINE;
}

export interface ConditionFacts {
  readonly type: "Available" | "Progressing" | "ReplicaFailure";
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

export function newCondition(facts: ConditionFacts, nowMs: number): DeploymentCondition {
  const time = formatTime(nowMs);
  return { ...facts, lastUpdateTime: time, lastTransitionTime: time };
}

/**
 * The conditions with one set: nothing changes when status and reason stay the same, and the time of transition stays
 * when the status does. Pure.
 */
export function withCondition(
  conditions: readonly DeploymentCondition[] | undefined,
  condition: DeploymentCondition,
): DeploymentCondition[] {
  const before = findCondition(conditions, condition.type);
  if (before !== undefined && before.status === condition.status && before.reason === condition.reason) {
    return [...(conditions ?? [])];
  }
  const after =
    before?.status === condition.status ? { ...condition, lastTransitionTime: before.lastTransitionTime } : condition;
  return [...withoutCondition(conditions, condition.type), after];
}

/** What keeps the deployment's sets from creating pods: the new set's failure, else that of an old one. */
export function replicaFailure(
  newSet: ReplicaSet | undefined,
  all: readonly ReplicaSet[],
): DeploymentCondition | undefined {
  for (const set of newSet === undefined ? all : [newSet, ...all]) {
    const found = findCondition(set.status?.conditions, "ReplicaFailure");
    if (found !== undefined) return { ...found, lastUpdateTime: found.lastTransitionTime };
  }
  return undefined;
}

export function progressing(status: DeploymentStatus | undefined): DeploymentCondition | undefined {
  return findCondition(status?.conditions, "Progressing");
}

/** Pausing stops the progress deadline, resuming starts it anew; a deadline that was missed stays so. Pure. */
export function pausedConditions(deployment: Deployment, nowMs: number): DeploymentCondition[] | undefined {
  if (!hasProgressDeadline(deployment)) return undefined;
  const before = progressing(deployment.status);
  if (before?.reason === "ProgressDeadlineExceeded") return undefined;
  const paused = deployment.spec?.paused === true;
  if (paused === (before?.reason === "DeploymentPaused")) return undefined;
  const facts: ConditionFacts = paused
    ? { type: "Progressing", status: "Unknown", reason: "DeploymentPaused", message: "Deployment is paused" }
    : { type: "Progressing", status: "Unknown", reason: "DeploymentResumed", message: "Deployment is resumed" };
  return withCondition(deployment.status?.conditions, newCondition(facts, nowMs));
}
