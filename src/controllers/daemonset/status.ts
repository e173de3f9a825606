import type { DaemonSetStatus } from "../../api/generated/apps/v1.ts";
import { isPodAvailable, isPodReady } from "../pod-control/pod-state.ts";
import { byPrecedence, type DaemonFacts, fitsOf, podsByNode } from "./plan.ts";
import { isPodUpdated } from "./pod-template.ts";

/** Counts of nodes and pods. Pure. @param observed false while the cache is behind, and then the generation stays unobserved */
export function daemonStatus(facts: DaemonFacts, observed: boolean): DaemonSetStatus {
  const { set, hash, nowMs } = facts;
  const byNode = podsByNode(facts.pods);
  const status = { desired: 0, current: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 };
  for (const [nodeName, { shouldRun }] of fitsOf(set, facts.nodes)) {
    const pod = byNode.get(nodeName)?.toSorted(byPrecedence)[0];
    if (shouldRun) status.desired++;
    if (pod === undefined) continue;
    if (!shouldRun) {
      status.misscheduled++;
      continue;
    }
    status.current++;
    if (isPodReady(pod)) status.ready++;
    if (isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs)) status.available++;
    if (isPodUpdated(set, pod, hash)) status.updated++;
  }
  const result: DaemonSetStatus = {
    currentNumberScheduled: status.current,
    numberMisscheduled: status.misscheduled,
    desiredNumberScheduled: status.desired,
    numberReady: status.ready,
  };
  const generation = observed ? set.metadata?.generation : set.status?.observedGeneration;
  if (generation !== undefined) result.observedGeneration = generation;
  if (status.updated > 0) result.updatedNumberScheduled = status.updated;
  if (status.available > 0) result.numberAvailable = status.available;
  if (status.desired > status.available) result.numberUnavailable = status.desired - status.available;
  if (set.status?.collisionCount !== undefined) result.collisionCount = set.status.collisionCount;
  if (set.status?.conditions !== undefined) result.conditions = set.status.conditions;
  return result;
}
