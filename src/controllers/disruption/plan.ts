import { isConditionTrue, setCondition } from "../../api/conditions.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "../../api/generated/policy/v1.ts";
import { scaledValue } from "../../api/int-or-string.ts";
import { isBeingDeleted } from "../../api/meta.ts";
import { formatTime } from "../../base/clock.ts";

/** How long an evicted pod may take until its deletion is seen; after that it counts as healthy again. */
const DELETION_TIMEOUT_MS = 2 * 60_000;

/** Whether the budget needs to know how many pods the pods' controllers want. */
export function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === "string";
}

export interface Expectation {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
}

/**
 * How many pods there should be, and how many of them healthy.
 * @param scale what the controllers of the pods want altogether; read only when the budget needs it (needsScale)
 */
export function expectation({ spec }: PodDisruptionBudget, podCount: number, scale: number): Expectation {
  if (spec?.maxUnavailable !== undefined) {
    const healthy = scale - scaledValue(spec.maxUnavailable, scale, "up");
    return { expectedPods: scale, desiredHealthy: Math.max(0, healthy) };
  }
  if (typeof spec?.minAvailable === "string") {
    return { expectedPods: scale, desiredHealthy: scaledValue(spec.minAvailable, scale, "up") };
  }
  return spec?.minAvailable === undefined
    ? { expectedPods: 0, desiredHealthy: 0 }
    : { expectedPods: podCount, desiredHealthy: spec.minAvailable };
}

export interface Disrupted {
  /** When the eviction of each pod was granted whose deletion is not seen yet. */
  readonly pods: Readonly<Record<string, string>>;
  /** Pods that should have been deleted long ago. */
  readonly overdue: readonly Pod[];
  /** When the first of `pods` becomes overdue: milliseconds from now. */
  readonly recheckMs: number | undefined;
}

/** What remains of status.disruptedPods. */
export function stillDisrupted(budget: PodDisruptionBudget, pods: readonly Pod[], nowMs: number): Disrupted {
  const granted = budget.status?.disruptedPods ?? {};
  const kept: Record<string, string> = {};
  const overdue: Pod[] = [];
  let recheckMs: number | undefined;
  for (const pod of pods) {
    const since = granted[pod.metadata?.name ?? ""];
    if (since === undefined || isBeingDeleted(pod)) continue;
    const leftMs = Date.parse(since) + DELETION_TIMEOUT_MS - nowMs;
    if (leftMs < 0) {
      overdue.push(pod);
      continue;
    }
    kept[pod.metadata?.name ?? ""] = since;
    recheckMs = Math.min(recheckMs ?? leftMs, leftMs);
  }
  return { pods: kept, overdue, recheckMs };
}

/** The budget's status as it should be. */
export function planStatus(
  budget: PodDisruptionBudget,
  facts: { pods: readonly Pod[]; disrupted: Disrupted; expectation: Expectation; nowMs: number },
): PodDisruptionBudgetStatus {
  const { expectedPods, desiredHealthy } = facts.expectation;
  const healthy = facts.pods.filter(
    (pod) =>
      !isBeingDeleted(pod) &&
      facts.disrupted.pods[pod.metadata?.name ?? ""] === undefined &&
      isConditionTrue(pod.status?.conditions, "Ready"),
  ).length;
  const allowed = expectedPods <= 0 ? 0 : Math.max(0, healthy - desiredHealthy);
  const condition = {
    type: "DisruptionAllowed",
    status: allowed > 0 ? "True" : "False",
    reason: allowed > 0 ? "SufficientPods" : "InsufficientPods",
    message: "",
    observedGeneration: budget.metadata?.generation ?? 0,
  };
  return {
    conditions: setCondition(budget.status?.conditions, condition, formatTime(facts.nowMs)),
    currentHealthy: healthy,
    desiredHealthy,
    disruptionsAllowed: allowed,
    expectedPods,
    observedGeneration: budget.metadata?.generation ?? 0,
    ...(Object.keys(facts.disrupted.pods).length === 0 ? {} : { disruptedPods: facts.disrupted.pods }),
  };
}

/** The status when the pods cannot be counted: nothing may be disrupted. */
export function failSafe(budget: PodDisruptionBudget, message: string, nowMs: number): PodDisruptionBudgetStatus {
  const condition = {
    type: "DisruptionAllowed",
    status: "False",
    reason: "SyncFailed",
    message,
    observedGeneration: budget.status?.observedGeneration ?? 0,
  };
  const { currentHealthy = 0, desiredHealthy = 0, expectedPods = 0 } = budget.status ?? {};
  return {
    ...budget.status,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    disruptionsAllowed: 0,
    conditions: setCondition(budget.status?.conditions, condition, formatTime(nowMs)),
  };
}
