import type { Deployment, ReplicaSet } from "../../api/generated/apps/v1.ts";
import { type IntOrString, scaledValue } from "../../api/int-or-string.ts";
import { MAX_REPLICAS, replicasAnnotation } from "./annotations.ts";
import { replicasOf, totalReplicas, wantedReplicas } from "./replica-sets.ts";

export function isRollingUpdate(deployment: Deployment): boolean {
  return (deployment.spec?.strategy?.type ?? "RollingUpdate") === "RollingUpdate";
}

/**
 * maxSurge (rounded up) and maxUnavailable (rounded down) as numbers of pods. Both zero would stop a rollout for ever, so
 * then one pod may be unavailable. Pure.
 */
function resolveFenceposts(
  maxSurge: IntOrString | undefined,
  maxUnavailable: IntOrString | undefined,
  wanted: number,
): { surge: number; unavailable: number } {
  const surge = scaledValue(maxSurge ?? 0, wanted, "up");
  const unavailable = scaledValue(maxUnavailable ?? 0, wanted, "down");
  return surge === 0 && unavailable === 0 ? { surge: 0, unavailable: 1 } : { surge, unavailable };
}

/** How many pods more than wanted a rolling update may have. */
export function maxSurge(deployment: Deployment): number {
  if (!isRollingUpdate(deployment)) return 0;
  const update = deployment.spec?.strategy?.rollingUpdate;
  return resolveFenceposts(update?.maxSurge, update?.maxUnavailable, wantedReplicas(deployment)).surge;
}

/** How many of the wanted pods may be unavailable during a rolling update. */
export function maxUnavailable(deployment: Deployment): number {
  const wanted = wantedReplicas(deployment);
  if (!isRollingUpdate(deployment) || wanted === 0) return 0;
  const update = deployment.spec?.strategy?.rollingUpdate;
  return Math.min(wanted, resolveFenceposts(update?.maxSurge, update?.maxUnavailable, wanted).unavailable);
}

/** How many replicas the new set should have now, given what all sets have. */
export function newSetReplicas(deployment: Deployment, all: readonly ReplicaSet[], newSet: ReplicaSet): number {
  const wanted = wantedReplicas(deployment);
  if (!isRollingUpdate(deployment)) return wanted;
  const room = wanted + maxSurge(deployment) - totalReplicas(all);
  if (room <= 0) return replicasOf(newSet);
  return replicasOf(newSet) + Math.min(room, wanted - replicasOf(newSet));
}

export interface ProportionFacts {
  readonly deployment: Deployment;
  /** Replicas that the deployment is to gain, or to lose when negative. */
  readonly toAdd: number;
  /** How many of them other sets have got already. */
  readonly added: number;
}

/** The share of a set in replicas that are added or removed while several sets are active (proportional scaling). */
export function proportionOf(set: ReplicaSet, { deployment, toAdd, added }: ProportionFacts): number {
  if (replicasOf(set) === 0 || toAdd === 0 || toAdd === added) return 0;
  const fraction = fractionOf(set, deployment);
  const allowed = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, allowed) : Math.max(fraction, allowed);
}

function fractionOf(set: ReplicaSet, deployment: Deployment): number {
  const wanted = wantedReplicas(deployment);
  if (wanted === 0) return -replicasOf(set);
  const before = replicasAnnotation(set, MAX_REPLICAS) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  const size = (replicasOf(set) * (wanted + maxSurge(deployment))) / before;
  // Half away from zero, as Go's RoundToInt32.
  return Math.sign(size) * Math.floor(Math.abs(size) + 0.5) - replicasOf(set);
}
