import { withoutCondition } from "../../api/conditions.ts";
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from "../../api/generated/apps/v1.ts";
import { maxUnavailable } from "./arithmetic.ts";
import { hasProgressDeadline, newCondition, progressing, replicaFailure, withCondition } from "./conditions.ts";
import { statusSum, totalReplicas, wantedReplicas } from "./replica-sets.ts";

export interface StatusFacts {
  /** With the conditions that this reconcile has set so far. */
  readonly deployment: Deployment;
  readonly newSet: ReplicaSet | undefined;
  readonly all: readonly ReplicaSet[];
  readonly nowMs: number;
}

/** Counts and the Available condition. Pure. */
export function countedStatus({ deployment, newSet, all, nowMs }: StatusFacts): DeploymentStatus {
  const available = statusSum(all, "availableReplicas");
  const status: DeploymentStatus = {};
  const counts = {
    observedGeneration: deployment.metadata?.generation ?? 0,
    replicas: statusSum(all, "replicas"),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: statusSum(all, "readyReplicas"),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, totalReplicas(all) - available),
  };
  for (const [name, count] of Object.entries(counts)) {
    if (count !== 0) status[name as keyof typeof counts] = count;
  }
  // Unknown as long as one set does not tell.
  if (all.every((set) => set.status?.terminatingReplicas !== undefined)) {
    status.terminatingReplicas = statusSum(all, "terminatingReplicas");
  }
  if (deployment.status?.collisionCount !== undefined) status.collisionCount = deployment.status.collisionCount;
  const enough = available >= wantedReplicas(deployment) - maxUnavailable(deployment);
  status.conditions = withCondition(
    deployment.status?.conditions,
    newCondition(
      enough
        ? {
            type: "Available",
            status: "True",
            reason: "MinimumReplicasAvailable",
            message: "Deployment has minimum availability.",
          }
        : {
            type: "Available",
            status: "False",
            reason: "MinimumReplicasUnavailable",
            message: "Deployment does not have minimum availability.",
          },
      nowMs,
    ),
  );
  return status;
}

/** The status during and after a rollout: also whether it progresses, has succeeded, or has taken too long. Pure. */
export function rolloutStatus(facts: StatusFacts): DeploymentStatus {
  const { deployment, newSet, all } = facts;
  const status = countedStatus(facts);
  const before = progressing(deployment.status);
  if (!hasProgressDeadline(deployment)) status.conditions = withoutCondition(status.conditions, "Progressing");
  const wasComplete =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && before?.reason === "NewReplicaSetAvailable";
  if (hasProgressDeadline(deployment) && !wasComplete) {
    const subject =
      newSet === undefined ? `Deployment "${deployment.metadata?.name}"` : `ReplicaSet "${newSet.metadata?.name}"`;
    status.conditions = progressConditions(facts, { status, before, subject });
  }
  const failure = replicaFailure(newSet, all);
  const conditions = failure
    ? withCondition(status.conditions, failure)
    : withoutCondition(status.conditions, "ReplicaFailure");
  return { ...status, conditions: conditions.length === 0 ? undefined : conditions };
}

interface ProgressFacts {
  readonly status: DeploymentStatus;
  readonly before: DeploymentCondition | undefined;
  readonly subject: string;
}

function progressConditions(
  { deployment, nowMs }: StatusFacts,
  { status, before, subject }: ProgressFacts,
): DeploymentCondition[] {
  const conditions = status.conditions ?? [];
  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`;
    const facts = { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable", message } as const;
    return withCondition(conditions, newCondition(facts, nowMs));
  }
  if (hasProgressed(deployment, status)) {
    const message = `${subject} is progressing.`;
    const facts = { type: "Progressing", status: "True", reason: "ReplicaSetUpdated", message } as const;
    const condition = newCondition(facts, nowMs);
    // Replaced even when alike: its lastUpdateTime is what the deadline counts from.
    if (before?.status === "True") condition.lastTransitionTime = before.lastTransitionTime;
    return withCondition(withoutCondition(conditions, "Progressing"), condition);
  }
  if (hasTimedOut(deployment, status, nowMs)) {
    const message = `${subject} has timed out progressing.`;
    const facts = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message } as const;
    return withCondition(conditions, newCondition(facts, nowMs));
  }
  return conditions;
}

/** All wanted pods are of the new template and available, and no other is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const wanted = wantedReplicas(deployment);
  return (
    (status?.updatedReplicas ?? 0) === wanted &&
    (status?.replicas ?? 0) === wanted &&
    (status?.availableReplicas ?? 0) === wanted &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata?.generation ?? 0)
  );
}

function hasProgressed(deployment: Deployment, status: DeploymentStatus): boolean {
  const before = deployment.status ?? {};
  const old = (of: DeploymentStatus): number => (of.replicas ?? 0) - (of.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(status) < old(before) ||
    (status.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function hasTimedOut(deployment: Deployment, status: DeploymentStatus, nowMs: number): boolean {
  const condition = progressing(status);
  if (condition === undefined || condition.reason === "NewReplicaSetAvailable") return false;
  if (condition.reason === "ProgressDeadlineExceeded") return true;
  return nowMs > deadlineMs(deployment, condition);
}

function deadlineMs(deployment: Deployment, condition: DeploymentCondition): number {
  return Date.parse(condition.lastUpdateTime ?? "") + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000;
}

/** When to look again whether a rollout that stands still has missed its deadline; undefined when it cannot. Pure. */
export function deadlineCheckInMs(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const condition = progressing(status);
  if (!hasProgressDeadline(deployment) || condition === undefined || deployment.spec?.paused === true) return undefined;
  if (isComplete(deployment, status) || condition.reason === "ProgressDeadlineExceeded") return undefined;
  // Times have whole seconds: one more makes sure that the deadline has passed by then.
  return Math.max(0, deadlineMs(deployment, condition) - nowMs) + 1000;
}
