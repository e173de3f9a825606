import type { Deployment, DeploymentStatus, ReplicaSet } from "../../api/generated/apps/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { deployments, replicaSets } from "../../api/generated/resources.ts";
import { apiVersionOf, controllerOf, joinKey, keyOf } from "../../api/meta.ts";
import { labelSelectorOf } from "../../api/selectors.ts";
import { isAlreadyExists, isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Change, Informer } from "../../client/informer.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { type ClaimOwner, claimSelected } from "../pod-control/claim.ts";
import { podInformer } from "../pod-control/pod-informer.ts";
import { isPodFinished } from "../pod-control/pod-state.ts";
import { type ControllerDependencies, type ControllerFactory, from, type ReconcileResult } from "../reconciler.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { REVISION } from "./annotations.ts";
import { hasProgressDeadline, newCondition, withCondition } from "./conditions.ts";
import { type DeploymentPlan, planDeployment } from "./plan.ts";
import { sameTemplate } from "./template-hash.ts";

interface Context extends ControllerDependencies {
  readonly deployments: Informer<Deployment>;
  readonly sets: Informer<ReplicaSet>;
  readonly pods: Informer<Pod>;
}

/** Rolls out the pod templates of Deployments through ReplicaSets. */
export const deploymentController: ControllerFactory = (dependencies) => {
  const context: Context = {
    ...dependencies,
    deployments: dependencies.informers.informer(deployments),
    sets: dependencies.informers.informer(replicaSets, {
      controller: (set) => [controllerOf(set)?.uid ?? ""],
      orphans: (set) => (controllerOf(set) === undefined ? [set.metadata?.namespace ?? ""] : []),
    }),
    pods: podInformer(dependencies.informers),
  };
  return {
    name: "deployment-controller",
    workers: 5,
    sources: [
      from(context.deployments, ({ key }) => [key]),
      from(context.sets, (change) => deploymentsOf(context, change)),
      from(context.pods, (change) => recreatingDeploymentOf(context, change)),
    ],
    reconcile: (key) => reconcile(context, key),
  };
};

/** Keys of the deployments that a change of a ReplicaSet concerns. */
function deploymentsOf(context: Context, { before, after }: Change<ReplicaSet>): Set<string> {
  const keys = new Set<string>();
  for (const set of [before, after]) {
    const owner = set === undefined ? undefined : controllerOf(set);
    if (owner?.kind === "Deployment") keys.add(joinKey(set?.metadata?.namespace, owner.name));
  }
  if (after !== undefined && controllerOf(after) === undefined) {
    for (const deployment of context.deployments.list(after.metadata?.namespace)) {
      if (labelSelectorOf(deployment.spec?.selector)(after.metadata?.labels)) keys.add(keyOf(deployment));
    }
  }
  return keys;
}

/** Recreate waits for the end of old pods, which no ReplicaSet's status tells once they are terminating. */
function recreatingDeploymentOf(context: Context, { before, after }: Change<Pod>): string[] {
  const pod = after ?? before;
  if (pod === undefined || (after !== undefined && !isPodFinished(after))) return [];
  const owner = controllerOf(pod);
  if (owner?.kind !== "ReplicaSet") return [];
  const set = context.sets.get(joinKey(pod.metadata?.namespace, owner.name));
  const deploymentReference = set === undefined ? undefined : controllerOf(set);
  if (deploymentReference?.kind !== "Deployment") return [];
  const key = joinKey(pod.metadata?.namespace, deploymentReference.name);
  return context.deployments.get(key)?.spec?.strategy?.type === "Recreate" ? [key] : [];
}

async function reconcile(context: Context, key: string): Promise<ReconcileResult> {
  const deployment = context.deployments.get(key);
  if (deployment === undefined) return undefined;
  if (semanticEqual(deployment.spec?.selector, {})) return await refuseToSelectAll(context, deployment);
  const sets = await claimSets(context, deployment);
  const plan = planDeployment({
    deployment,
    sets,
    podsOf: (set) => context.pods.by("controller", set.metadata?.uid ?? ""),
    nowMs: context.clock.now(),
  });
  return await carryOut(context, deployment, plan);
}

async function claimSets(context: Context, deployment: Deployment): Promise<ReplicaSet[]> {
  const { client } = context;
  const { namespace = "", name = "" } = deployment.metadata ?? {};
  const owner: ClaimOwner = {
    apiVersion: apiVersionOf(deployments),
    kind: deployments.kind,
    metadata: deployment.metadata,
  };
  return await claimSelected({
    client,
    owner,
    resource: replicaSets,
    from: context.sets,
    selector: deployment.spec?.selector,
    liveOwner: () => client.get(deployments, { namespace, name }),
  });
}

async function carryOut(context: Context, deployment: Deployment, plan: DeploymentPlan): Promise<ReconcileResult> {
  const { client, events } = context;
  const tell = (setName: string | undefined): void => {
    for (const event of plan.events.filter((each) => each.setName === setName)) {
      events.event(deployment, { type: "Normal", reason: "ScalingReplicaSet", message: event.message });
    }
  };
  if (plan.create !== undefined) {
    if (!(await createSet(context, deployment, plan.create))) return undefined;
    tell(plan.create.metadata?.name);
  }
  for (const set of plan.update) {
    await client.update(replicaSets, set);
    tell(set.metadata?.name);
  }
  for (const set of plan.delete) await deleteSet(context, set);
  const current = plan.revision === undefined ? deployment : await annotate(context, deployment, plan.revision);
  await updateStatus(context, current, plan.status);
  return plan.requeueAfterMs === undefined ? undefined : { requeueAfterMs: plan.requeueAfterMs };
}

/** False when the set is there already and the cache has yet to show it. */
async function createSet(context: Context, deployment: Deployment, set: ReplicaSet): Promise<boolean> {
  try {
    await context.client.create(replicaSets, set);
    return true;
  } catch (error) {
    if (isAlreadyExists(error)) return await resolveCollision(context, deployment, set);
    if (!isNamespaceTerminating(error)) await reportFailedCreate(context, deployment, { set, error });
    throw error;
  }
}

/** The name is taken: by this deployment's own set, or by another one, and then the hash changes. */
async function resolveCollision(context: Context, deployment: Deployment, set: ReplicaSet): Promise<false> {
  const { namespace, name = "" } = set.metadata ?? {};
  const existing = await context.client.get(replicaSets, { namespace, name });
  const own = controllerOf(existing)?.uid === deployment.metadata?.uid;
  if (own && sameTemplate(existing.spec?.template, deployment.spec?.template)) return false;
  const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
  await updateStatus(context, deployment, { ...deployment.status, collisionCount });
  return false;
}

async function reportFailedCreate(
  context: Context,
  deployment: Deployment,
  { set, error }: { set: ReplicaSet; error: unknown },
): Promise<void> {
  const reason = "ReplicaSetCreateError";
  const message = `Failed to create new replica set "${set.metadata?.name}": ${errorMessage(error)}`;
  context.events.event(deployment, { type: "Warning", reason, message });
  if (!hasProgressDeadline(deployment)) return;
  const condition = newCondition({ type: "Progressing", status: "False", reason, message }, context.clock.now());
  const conditions = withCondition(deployment.status?.conditions, condition);
  await updateStatus(context, deployment, { ...deployment.status, conditions });
}

async function deleteSet(context: Context, set: ReplicaSet): Promise<void> {
  const { namespace, name = "", uid } = set.metadata ?? {};
  try {
    await context.client.delete(replicaSets, { namespace, name }, { preconditions: { uid } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** With the status, as upstream does it: what the controller notes counts no generation. */
async function annotate(context: Context, deployment: Deployment, revision: bigint): Promise<Deployment> {
  const annotations = { ...deployment.metadata?.annotations, [REVISION]: String(revision) };
  const noted = { ...deployment, metadata: { ...deployment.metadata, annotations } };
  return await context.client.update(deployments, noted, { subresource: "status" });
}

async function updateStatus(context: Context, deployment: Deployment, status: DeploymentStatus): Promise<void> {
  if (semanticEqual(deployment.status, status)) return;
  await context.client.update(deployments, { ...deployment, status }, { subresource: "status" });
}

async function refuseToSelectAll(context: Context, deployment: Deployment): Promise<ReconcileResult> {
  const message = "This deployment is selecting all pods. A non-empty selector is required.";
  context.events.event(deployment, { type: "Warning", reason: "SelectingAll", message });
  const observedGeneration = deployment.metadata?.generation;
  await updateStatus(context, deployment, { ...deployment.status, observedGeneration });
  return undefined;
}
