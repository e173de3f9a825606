import type { StatefulSet } from "../../api/generated/apps/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { scaledValue } from "../../api/int-or-string.ts";
import { isPodAvailable, isPodReady } from "../pod-control/pod-state.ts";
import { firstOrdinal, hasIdentity, ordinalOf, type Revision, revisionOfPod } from "./identity.ts";

export interface StatefulFacts {
  readonly set: StatefulSet;
  /** Those that it controls and that have one of its names. */
  readonly pods: readonly Pod[];
  /** What pods below the partition have, and what the others are to have. */
  readonly current: Revision;
  readonly update: Revision;
  readonly nowMs: number;
}

export interface StatefulPlan {
  /** Ordinals of pods to make, lowest first, each with its revision. */
  readonly create: { readonly ordinal: number; readonly revision: Revision }[];
  readonly delete: Pod[];
  /** Pods that lost a label that tells who they are. */
  readonly relabel: Pod[];
  /** Pods that wait, perhaps for a claim that is gone. */
  readonly ensureClaims: number[];
  readonly events: { readonly type: "Normal" | "Warning"; readonly reason: string; readonly message: string }[];
}

export function isRunningAndReady(pod: Pod): boolean {
  return pod.status?.phase === "Running" && isPodReady(pod);
}

export function isRunningAndAvailable(facts: Pick<StatefulFacts, "set" | "nowMs">, pod: Pod): boolean {
  return isRunningAndReady(pod) && isPodAvailable(pod, facts.set.spec?.minReadySeconds ?? 0, facts.nowMs);
}

function isTerminating(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined;
}

/** The set's pods by their place, and those that have none any more, the highest ordinal first. */
export function arrange({ set, pods }: StatefulFacts): { replicas: (Pod | undefined)[]; condemned: Pod[] } {
  const count = set.spec?.replicas ?? 1;
  const first = firstOrdinal(set);
  const replicas = new Array<Pod | undefined>(count).fill(undefined);
  const condemned: { pod: Pod; ordinal: number }[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal === undefined) continue;
    if (ordinal >= first && ordinal < first + count) replicas[ordinal - first] = pod;
    else condemned.push({ pod, ordinal });
  }
  condemned.sort((a, b) => b.ordinal - a.ordinal);
  return { replicas, condemned: condemned.map(({ pod }) => pod) };
}

/**
 * What a set does next (upstream stateful_set_control.go): its pods come in order, then those it gives up go in reverse
 * order, then old ones are replaced from the highest down. With OrderedReady each step waits until all pods are
 * available; with Parallel only updates wait. Pure.
 */
export function planStatefulSet(facts: StatefulFacts): StatefulPlan {
  const plan: StatefulPlan = { create: [], delete: [], relabel: [], ensureClaims: [], events: [] };
  const { set } = facts;
  if (set.metadata?.deletionTimestamp !== undefined) return plan;
  const { replicas, condemned } = arrange(facts);
  const ordered = set.spec?.podManagementPolicy !== "Parallel";
  if (bringUp(facts, plan, { replicas, ordered })) return plan;
  if (giveUp(facts, plan, { replicas, condemned, ordered })) return plan;
  if (set.spec?.updateStrategy?.type !== "OnDelete") replaceOld(facts, plan, replicas);
  return plan;
}

/** Makes what is missing and removes what has ended. Answers whether the rest must wait. */
function bringUp(
  facts: StatefulFacts,
  plan: StatefulPlan,
  { replicas, ordered }: { replicas: readonly (Pod | undefined)[]; ordered: boolean },
): boolean {
  let wait = false;
  for (const [index, pod] of replicas.entries()) {
    const ordinal = firstOrdinal(facts.set) + index;
    if (pod === undefined) {
      plan.create.push({ ordinal, revision: revisionFor(facts, index) });
      if (ordered) return true;
    } else if (pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded") {
      recreate(facts, plan, pod);
      wait = true;
    } else {
      if (pod.status?.phase === "Pending") plan.ensureClaims.push(ordinal);
      if (!hasIdentity(facts.set, pod, ordinal)) plan.relabel.push(pod);
      if (ordered && (isTerminating(pod) || !isRunningAndAvailable(facts, pod))) return true;
    }
    if (ordered && wait) return true;
  }
  return wait;
}

function recreate({ set }: StatefulFacts, plan: StatefulPlan, pod: Pod): void {
  const failed = pod.status?.phase === "Failed";
  const what = failed ? "failed" : "terminated";
  plan.events.push({
    type: failed ? "Warning" : "Normal",
    reason: failed ? "RecreatingFailedPod" : "RecreatingTerminatedPod",
    message: `StatefulSet ${set.metadata?.namespace}/${set.metadata?.name} is recreating ${what} Pod ${pod.metadata?.name}`,
  });
  if (!isTerminating(pod)) plan.delete.push(pod);
}

/** A new pod has the update revision, but below the partition the current one. */
function revisionFor({ set, current, update }: StatefulFacts, index: number): Revision {
  if (set.spec?.updateStrategy?.type === "OnDelete") return update;
  return index < (set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0) ? current : update;
}

function giveUp(
  facts: StatefulFacts,
  plan: StatefulPlan,
  {
    replicas,
    condemned,
    ordered,
  }: { replicas: readonly (Pod | undefined)[]; condemned: readonly Pod[]; ordered: boolean },
): boolean {
  const unhealthy = (pod: Pod): boolean => !isRunningAndReady(pod) || isTerminating(pod);
  const firstUnhealthy = replicas.find((pod) => pod !== undefined && unhealthy(pod)) ?? condemned.findLast(unhealthy);
  for (const pod of condemned) {
    if (isTerminating(pod)) {
      if (ordered) return true;
      continue;
    }
    if (ordered && !isRunningAndAvailable(facts, pod) && pod !== firstUnhealthy) return true;
    plan.delete.push(pod);
    if (ordered) return true;
  }
  return false;
}

/** From the highest ordinal down to the partition: as many at once as may be unavailable. */
function replaceOld(facts: StatefulFacts, plan: StatefulPlan, replicas: readonly (Pod | undefined)[]): void {
  const { set, update } = facts;
  const strategy = set.spec?.updateStrategy?.rollingUpdate;
  const partition = strategy?.partition ?? 0;
  let budget = Math.max(1, scaledValue(strategy?.maxUnavailable ?? 1, replicas.length, "down"));
  for (let index = replicas.length - 1; index >= partition && budget > 0; index--) {
    const pod = replicas[index];
    if (pod === undefined) budget--;
    else if (revisionOfPod(pod) !== update.name && !isTerminating(pod)) {
      plan.delete.push(pod);
      budget--;
    } else if (isTerminating(pod) || !isRunningAndAvailable(facts, pod)) budget--;
  }
}
