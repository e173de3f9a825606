import type { StatefulSetStatus } from "../../api/generated/apps/v1.ts";
import { revisionOfPod } from "./identity.ts";
import { isRunningAndAvailable, isRunningAndReady, type StatefulFacts } from "./plan.ts";

/** Counts of pods and the revisions they are of. When all are updated, the update revision becomes the current one. Pure. */
export function statefulStatus(facts: StatefulFacts): StatefulSetStatus {
  const { set, pods, current, update } = facts;
  const created = pods.filter((pod) => pod.status?.phase);
  const living = created.filter((pod) => pod.metadata?.deletionTimestamp === undefined);
  const ofRevision = (name: string): number => living.filter((pod) => revisionOfPod(pod) === name).length;
  const ready = created.filter(isRunningAndReady).length;
  const updated = ofRevision(update.name);
  const wanted = set.spec?.replicas ?? 1;
  const complete =
    set.spec?.updateStrategy?.type !== "OnDelete" &&
    updated === wanted &&
    created.length === wanted &&
    ready === wanted;
  const currentRevision = complete ? update.name : current.name;
  const currentReplicas = complete ? updated : ofRevision(current.name);
  const status: StatefulSetStatus = {
    replicas: created.length,
    availableReplicas: created.filter((pod) => isRunningAndAvailable(facts, pod)).length,
    currentRevision,
    updateRevision: update.name,
    collisionCount: set.status?.collisionCount ?? 0,
  };
  if (set.metadata?.generation !== undefined) status.observedGeneration = set.metadata.generation;
  if (ready > 0) status.readyReplicas = ready;
  if (currentReplicas > 0) status.currentReplicas = currentReplicas;
  if (updated > 0) status.updatedReplicas = updated;
  if (set.status?.conditions !== undefined) status.conditions = set.status.conditions;
  return status;
}
