import type { Deployment, DeploymentStatus, ReplicaSet } from "../../api/generated/apps/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { DESIRED_REPLICAS, replicasAnnotation, revisionOf } from "./annotations.ts";
import { isRollingUpdate } from "./arithmetic.ts";
import { pausedConditions } from "./conditions.ts";
import { allSets, type Draft, type ScalingEvent } from "./draft.ts";
import { syncNewSet } from "./new-replica-set.ts";
import { activeSets, findNewSet, wantedReplicas } from "./replica-sets.ts";
import { cleanUp, recreate, rollingUpdate, scaleDeployment } from "./rollout.ts";
import { countedStatus, deadlineCheckInMs, rolloutStatus, type StatusFacts } from "./status.ts";

export interface DeploymentFacts {
  readonly deployment: Deployment;
  /** Those that it controls. */
  readonly sets: readonly ReplicaSet[];
  podsOf(set: ReplicaSet): readonly Pod[];
  readonly nowMs: number;
}

export interface DeploymentPlan {
  readonly create?: ReplicaSet | undefined;
  /** Sets as they are to be. */
  readonly update: readonly ReplicaSet[];
  readonly delete: readonly ReplicaSet[];
  /** To be told once the set of that name is written. */
  readonly events: readonly ScalingEvent[];
  /** The deployment's own revision, when it is to change. */
  readonly revision?: bigint | undefined;
  /** Holds once the rest of the plan is carried out. */
  readonly status: DeploymentStatus;
  readonly requeueAfterMs?: number | undefined;
}

/** The next step of a deployment, as upstream's deployment controller takes it. Pure. */
export function planDeployment({ deployment, sets, podsOf, nowMs }: DeploymentFacts): DeploymentPlan {
  const newSet = findNewSet(deployment, sets);
  const draft: Draft = {
    deployment,
    newSet,
    old: sets.filter((set) => set !== newSet),
    creates: false,
    deletes: [],
    events: [],
    nowMs,
  };
  if (deployment.metadata?.deletionTimestamp !== undefined) return finish(draft, sets, countedStatus);
  const conditions = pausedConditions(deployment, nowMs);
  if (conditions !== undefined) draft.deployment = { ...deployment, status: { ...deployment.status, conditions } };
  syncNewSet(draft);
  if (deployment.spec?.paused === true) {
    scaleDeployment(draft);
    cleanUp(draft);
    return finish(draft, sets, countedStatus);
  }
  if (wasScaled(draft)) {
    scaleDeployment(draft);
    return finish(draft, sets, countedStatus);
  }
  if (isRollingUpdate(deployment)) rollingUpdate(draft);
  else recreate(draft, podsOf);
  return finish(draft, sets, rolloutStatus);
}

/** True when an active set was last written for another number of replicas than the deployment wants now. */
function wasScaled(draft: Draft): boolean {
  return activeSets(allSets(draft)).some((set) => {
    const noted = replicasAnnotation(set, DESIRED_REPLICAS);
    return noted !== undefined && noted !== wantedReplicas(draft.deployment);
  });
}

function finish(
  draft: Draft,
  sets: readonly ReplicaSet[],
  statusOf: (facts: StatusFacts) => DeploymentStatus,
): DeploymentPlan {
  const { deployment, newSet, creates, nowMs } = draft;
  const all = allSets(draft);
  const status = statusOf({ deployment, newSet, all, nowMs });
  const revision = newSet === undefined ? revisionOf(deployment) : revisionOf(newSet);
  return {
    create: creates ? newSet : undefined,
    update: all.filter((set) => !sets.includes(set) && !(creates && set === newSet)),
    delete: draft.deletes,
    events: draft.events,
    revision: revision === revisionOf(deployment) ? undefined : revision,
    status,
    requeueAfterMs: deadlineCheckInMs(deployment, status, nowMs),
  };
}
