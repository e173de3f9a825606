import { findCondition, withoutCondition } from "../../api/conditions.ts";
import type { ReplicaSetCondition, ReplicaSetStatus } from "../../api/generated/apps/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { formatTime } from "../../base/clock.ts";
import { availableInMs, isPodReady } from "../pod-control/pod-state.ts";
import type { ReplicatedObject } from "./replica-kind.ts";

export interface StatusFacts {
  readonly active: readonly Pod[];
  /** Undefined for kinds that do not tell. */
  readonly terminating: number | undefined;
  /** Why pods could not be created or deleted in this reconcile. */
  readonly failure?: { readonly reason: "FailedCreate" | "FailedDelete"; readonly message: string } | undefined;
  readonly nowMs: number;
}

/** The status of a set with these pods. Pure. Fields that are zero and optional are left out, as upstream does. */
export function replicaStatus(set: ReplicatedObject, facts: StatusFacts): ReplicaSetStatus {
  const { active, nowMs } = facts;
  const templateLabels = Object.entries(set.spec?.template?.metadata?.labels ?? {});
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  let [fullyLabeled, ready, available] = [0, 0, 0];
  // One pass: a set may have ten thousand pods.
  for (const pod of active) {
    const labels = pod.metadata?.labels;
    if (hasAll(labels, templateLabels)) fullyLabeled++;
    if (!isPodReady(pod)) continue;
    ready++;
    if (minReadySeconds === 0 || availableInMs(pod, minReadySeconds, nowMs) === 0) available++;
  }
  const status: ReplicaSetStatus = { replicas: active.length };
  if (fullyLabeled > 0) status.fullyLabeledReplicas = fullyLabeled;
  if (ready > 0) status.readyReplicas = ready;
  if (available > 0) status.availableReplicas = available;
  if (facts.terminating !== undefined) status.terminatingReplicas = facts.terminating;
  if (set.metadata?.generation !== undefined) status.observedGeneration = set.metadata.generation;
  const conditions = failureConditions(set.status?.conditions, facts);
  if (conditions.length > 0) status.conditions = conditions;
  return status;
}

function hasAll(labels: Readonly<Record<string, string>> | undefined, wanted: readonly [string, string][]): boolean {
  for (const [key, value] of wanted) if (labels?.[key] !== value) return false;
  return true;
}

/** Time until the next pod becomes available; undefined when no ready pod waits for that. Pure. */
export function nextAvailableInMs(set: ReplicatedObject, active: readonly Pod[], nowMs: number): number | undefined {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  if (minReadySeconds === 0) return undefined;
  let nextMs: number | undefined;
  for (const pod of active) {
    const waitMs = availableInMs(pod, minReadySeconds, nowMs);
    if (waitMs !== undefined && waitMs > 0 && waitMs < (nextMs ?? Number.POSITIVE_INFINITY)) nextMs = waitMs;
  }
  return nextMs;
}

function failureConditions(
  before: readonly ReplicaSetCondition[] | undefined,
  facts: StatusFacts,
): ReplicaSetCondition[] {
  if (facts.failure === undefined) return withoutCondition(before, "ReplicaFailure");
  if (findCondition(before, "ReplicaFailure") !== undefined) return [...(before ?? [])];
  return [
    ...(before ?? []),
    {
      type: "ReplicaFailure",
      status: "True",
      reason: facts.failure.reason,
      message: facts.failure.message,
      lastTransitionTime: formatTime(facts.nowMs),
    },
  ];
}
