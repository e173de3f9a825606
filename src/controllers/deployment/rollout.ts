import type { ReplicaSet } from "../../api/generated/apps/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { isPodFinished } from "../pod-control/pod-state.ts";
import { isRollingUpdate, maxSurge, maxUnavailable, newSetReplicas, proportionOf } from "./arithmetic.ts";
import { allSets, type Draft, scale, scaleAndAnnotate } from "./draft.ts";
import { createNewSet } from "./new-replica-set.ts";
import {
  activeOrLatest,
  activeSets,
  byAge,
  byRevision,
  isSaturated,
  replicasOf,
  statusSum,
  totalReplicas,
  wantedReplicas,
} from "./replica-sets.ts";
import { isComplete } from "./status.ts";

const NO_HISTORY_LIMIT = 0x7fffffff;

/** One step of a rolling update: first the new set grows as far as maxSurge lets it, else old ones shrink. */
export function rollingUpdate(draft: Draft): void {
  if (draft.newSet === undefined) createNewSet(draft);
  if (growNewSet(draft)) return;
  if (shrinkOldSets(draft)) return;
  if (isComplete(draft.deployment, draft.deployment.status)) cleanUp(draft);
}

function growNewSet(draft: Draft): boolean {
  const newSet = draft.newSet!;
  const wanted = wantedReplicas(draft.deployment);
  if (replicasOf(newSet) === wanted) return false;
  if (replicasOf(newSet) > wanted) return scale(draft, newSet, wanted);
  return scale(draft, newSet, newSetReplicas(draft.deployment, allSets(draft), newSet));
}

function shrinkOldSets(draft: Draft): boolean {
  const { deployment } = draft;
  if (totalReplicas(draft.old) === 0) return false;
  const newSet = draft.newSet!;
  const minimum = wantedReplicas(deployment) - maxUnavailable(deployment);
  const newUnavailable = replicasOf(newSet) - (newSet.status?.availableReplicas ?? 0);
  const mayGo = totalReplicas(allSets(draft)) - minimum - newUnavailable;
  if (mayGo <= 0) return false;
  const unhealthy = removeUnhealthy(draft, mayGo);
  const healthy = removeHealthy(draft, statusSum(allSets(draft), "availableReplicas") - minimum);
  return unhealthy + healthy > 0;
}

/** Old replicas that are not available go first: they help nobody, and would block the rollout if they never come up. */
function removeUnhealthy(draft: Draft, limit: number): number {
  let removed = 0;
  for (const set of draft.old.toSorted(byAge)) {
    const unavailable = replicasOf(set) - (set.status?.availableReplicas ?? 0);
    const count = Math.min(limit - removed, unavailable);
    if (replicasOf(set) === 0 || count <= 0) continue;
    scale(draft, set, replicasOf(set) - count);
    removed += count;
  }
  return removed;
}

function removeHealthy(draft: Draft, limit: number): number {
  let removed = 0;
  for (const set of draft.old.toSorted(byAge)) {
    const count = Math.min(limit - removed, replicasOf(set));
    if (count <= 0) continue;
    scale(draft, set, replicasOf(set) - count);
    removed += count;
  }
  return removed;
}

/** One step of Recreate: all old pods go, and only when none of them runs any more the new set comes. */
export function recreate(draft: Draft, podsOf: (set: ReplicaSet) => readonly Pod[]): void {
  let scaledDown = false;
  for (const set of activeSets(draft.old)) scaledDown = scale(draft, set, 0) || scaledDown;
  if (scaledDown) return;
  const running =
    statusSum(draft.old, "replicas") > 0 || draft.old.some((set) => podsOf(set).some((pod) => !isPodFinished(pod)));
  if (running) return;
  if (draft.newSet === undefined) createNewSet(draft);
  scale(draft, draft.newSet!, wantedReplicas(draft.deployment));
  if (isComplete(draft.deployment, draft.deployment.status)) cleanUp(draft);
}

/** Follows a change of `replicas`; while a rolling update is under way, all active sets get their share. */
export function scaleDeployment(draft: Draft): void {
  const { deployment } = draft;
  const only = activeOrLatest(draft.newSet, draft.old);
  if (only !== undefined) {
    scale(draft, only, wantedReplicas(deployment));
  } else if (isSaturated(deployment, draft.newSet)) {
    for (const set of activeSets(draft.old)) scale(draft, set, 0);
  } else if (isRollingUpdate(deployment)) {
    scaleInProportion(draft);
  }
}

function scaleInProportion(draft: Draft): void {
  const { deployment } = draft;
  const wanted = wantedReplicas(deployment);
  const allowed = wanted > 0 ? wanted + maxSurge(deployment) : 0;
  const active = activeSets(allSets(draft));
  const toAdd = allowed - totalReplicas(active);
  // The largest set takes what rounding leaves over; of equal ones the newer when growing, the older when shrinking.
  const sorted = active.toSorted((a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? byAge(b, a) : byAge(a, b)));
  let added = 0;
  const sizes = sorted.map((set) => {
    const proportion = proportionOf(set, { deployment, toAdd, added });
    added += proportion;
    return replicasOf(set) + proportion;
  });
  sorted.forEach((set, index) => {
    const leftover = index === 0 ? toAdd - added : 0;
    scaleAndAnnotate(draft, set, Math.max(0, sizes[index]! + leftover));
  });
}

/** Old sets beyond revisionHistoryLimit go, oldest revision first; never one that has pods or whose state is not known. */
export function cleanUp(draft: Draft): void {
  const limit = draft.deployment.spec?.revisionHistoryLimit;
  if (limit === undefined || limit === NO_HISTORY_LIMIT) return;
  const candidates = draft.old.filter((set) => set.metadata?.deletionTimestamp === undefined);
  const surplus = candidates.length - limit;
  if (surplus <= 0) return;
  for (const set of candidates.toSorted(byRevision).slice(0, surplus)) {
    const settled = (set.metadata?.generation ?? 0) <= (set.status?.observedGeneration ?? 0);
    if ((set.status?.replicas ?? 0) === 0 && replicasOf(set) === 0 && settled) draft.deletes.push(set);
  }
}
