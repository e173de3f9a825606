import type { Deployment, ReplicaSet } from "../../api/generated/apps/v1.ts";
import { annotateReplicas, DESIRED_REPLICAS, MAX_REPLICAS, replicasAnnotation } from "./annotations.ts";
import { maxSurge } from "./arithmetic.ts";
import { replicasOf, wantedReplicas } from "./replica-sets.ts";

/** A plan in the making: the sets as they will be, and what is to be said about it. */
export interface Draft {
  /** Its status gets the conditions that the plan sets on the way. */
  deployment: Deployment;
  newSet: ReplicaSet | undefined;
  old: ReplicaSet[];
  /** The new set is not there yet. */
  creates: boolean;
  readonly deletes: ReplicaSet[];
  readonly events: ScalingEvent[];
  readonly nowMs: number;
}

export interface ScalingEvent {
  readonly setName: string;
  readonly message: string;
}

export function allSets(draft: Draft): ReplicaSet[] {
  return draft.newSet === undefined ? draft.old : [...draft.old, draft.newSet];
}

/** Puts a changed set in the place of its former self. */
export function replaceSet(draft: Draft, changed: ReplicaSet): void {
  const name = changed.metadata?.name;
  if (draft.newSet?.metadata?.name === name) draft.newSet = changed;
  else draft.old = draft.old.map((set) => (set.metadata?.name === name ? changed : set));
}

/** Gives the set another size, with an event; answers whether that changes anything. */
export function scale(draft: Draft, set: ReplicaSet, replicas: number): boolean {
  return replicasOf(set) !== replicas && scaleAndAnnotate(draft, set, replicas);
}

/** As `scale`, and also notes on the set what the deployment wants, when its size stays. */
export function scaleAndAnnotate(draft: Draft, set: ReplicaSet, replicas: number): boolean {
  const before = replicasOf(set);
  const desired = wantedReplicas(draft.deployment);
  const maximum = desired + maxSurge(draft.deployment);
  const noted =
    replicasAnnotation(set, DESIRED_REPLICAS) === desired && replicasAnnotation(set, MAX_REPLICAS) === maximum;
  if (before === replicas && noted) return false;
  replaceSet(draft, {
    ...set,
    metadata: { ...set.metadata, annotations: annotateReplicas(set.metadata?.annotations, desired, maximum) },
    spec: { ...set.spec!, replicas },
  });
  if (before === replicas) return false;
  const verb = before < replicas ? "up" : "down";
  const setName = set.metadata?.name ?? "";
  draft.events.push({ setName, message: `Scaled ${verb} replica set ${setName} from ${before} to ${replicas}` });
  return true;
}
