import type { Deployment, ReplicaSet } from "../../api/generated/apps/v1.ts";
import { DESIRED_REPLICAS, replicasAnnotation, revisionOf } from "./annotations.ts";
import { sameTemplate } from "./template-hash.ts";

export function replicasOf(set: ReplicaSet): number {
  return set.spec?.replicas ?? 1;
}

export function wantedReplicas(deployment: Deployment): number {
  return deployment.spec?.replicas ?? 1;
}

/** Replicas that the sets ask for. */
export function totalReplicas(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + replicasOf(set), 0);
}

/** A count of the sets' status, summed. */
export function statusSum(
  sets: readonly ReplicaSet[],
  field: "replicas" | "readyReplicas" | "availableReplicas" | "terminatingReplicas",
): number {
  return sets.reduce((sum, set) => sum + (set.status?.[field] ?? 0), 0);
}

export function activeSets(sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.filter((set) => replicasOf(set) > 0);
}

export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const [timeA = "", timeB = ""] = [a.metadata?.creationTimestamp, b.metadata?.creationTimestamp];
  if (timeA !== timeB) return timeA < timeB ? -1 : 1;
  return (a.metadata?.name ?? "") < (b.metadata?.name ?? "") ? -1 : 1;
}

export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const [revisionA, revisionB] = [revisionOf(a), revisionOf(b)];
  return revisionA === revisionB ? byAge(a, b) : revisionA < revisionB ? -1 : 1;
}

/** The set that has the deployment's template. Several can after an adoption: then the oldest, so that the choice is stable. */
export function findNewSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return sets.toSorted(byAge).find((set) => sameTemplate(set.spec?.template, deployment.spec?.template));
}

export function highestRevision(sets: readonly ReplicaSet[]): bigint {
  return sets.map(revisionOf).reduce((highest, revision) => (revision > highest ? revision : highest), 0n);
}

/** The only active set, or the latest when none is active; undefined while several are. */
export function activeOrLatest(newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): ReplicaSet | undefined {
  const active = activeSets(newSet === undefined ? old : [...old, newSet]);
  if (active.length === 1) return active[0];
  if (active.length > 1) return undefined;
  return newSet ?? old.toSorted(byAge).at(-1);
}

/** True when the new set has all its pods, available: the rollout is through. */
export function isSaturated(deployment: Deployment, newSet: ReplicaSet | undefined): boolean {
  if (newSet === undefined) return false;
  const wanted = wantedReplicas(deployment);
  return (
    replicasOf(newSet) === wanted &&
    replicasAnnotation(newSet, DESIRED_REPLICAS) === wanted &&
    (newSet.status?.availableReplicas ?? 0) === wanted
  );
}
