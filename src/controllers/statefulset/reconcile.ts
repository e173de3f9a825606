import type { ControllerRevision, StatefulSet, StatefulSetStatus } from "../../api/generated/apps/v1.ts";
import type { PersistentVolumeClaim, Pod, PodTemplateSpec } from "../../api/generated/core/v1.ts";
import { persistentVolumeClaims, pods, statefulSets } from "../../api/generated/resources.ts";
import { apiVersionOf, controllerOf, joinKey, keyOf } from "../../api/meta.ts";
import { labelSelectorOf } from "../../api/selectors.ts";
import type { Change, Informer } from "../../client/informer.ts";
import { revisionsToDelete } from "../history/history.ts";
import { deleteRevisions, type History, revisionInformer, syncHistory } from "../history/sync-history.ts";
import { type ClaimOwner, claimSelected } from "../pod-control/claim.ts";
import { podInformer } from "../pod-control/pod-informer.ts";
import { type ControllerDependencies, type ControllerFactory, from, type ReconcileResult } from "../reconciler.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { carryOut } from "./carry-out.ts";
import { awaitsClaims } from "./claims.ts";
import { ordinalOf, type Revision, revisionOfPod } from "./identity.ts";
import { planStatefulSet, type StatefulFacts } from "./plan.ts";
import { statefulStatus } from "./status.ts";

/** Claims that the cache does not show yet are looked for again after so long. */
const CLAIM_LOOK_MS = 5000;

export interface Context extends ControllerDependencies {
  readonly sets: Informer<StatefulSet>;
  readonly pods: Informer<Pod>;
  readonly revisions: Informer<ControllerRevision>;
  readonly claims: Informer<PersistentVolumeClaim>;
}

/** Keeps the numbered pods of StatefulSets, with their claims. */
export const statefulSetController: ControllerFactory = (dependencies) => {
  const { informers } = dependencies;
  const context: Context = {
    ...dependencies,
    sets: informers.informer(statefulSets),
    pods: podInformer(informers),
    revisions: revisionInformer(informers),
    claims: informers.informer(persistentVolumeClaims),
  };
  return {
    name: "statefulset-controller",
    workers: 5,
    sources: [from(context.sets, ({ key }) => [key]), from(context.pods, (change) => setsOf(context, change))],
    reconcile: (key) => reconcile(context, key),
  };
};

function setsOf(context: Context, { before, after }: Change<Pod>): Set<string> {
  const keys = new Set<string>();
  for (const pod of [before, after]) {
    const owner = pod === undefined ? undefined : controllerOf(pod);
    if (owner?.kind === "StatefulSet") keys.add(joinKey(pod?.metadata?.namespace, owner.name));
  }
  if (after !== undefined && controllerOf(after) === undefined) {
    for (const set of context.sets.list(after.metadata?.namespace)) {
      if (labelSelectorOf(set.spec?.selector)(after.metadata?.labels)) keys.add(keyOf(set));
    }
  }
  return keys;
}

async function reconcile(context: Context, key: string): Promise<ReconcileResult> {
  const set = context.sets.get(key);
  if (set === undefined) return undefined;
  const owner: ClaimOwner = { apiVersion: apiVersionOf(statefulSets), kind: statefulSets.kind, metadata: set.metadata };
  const history = await historyOf(context, set, owner);
  if (history === undefined) return undefined;
  const facts: StatefulFacts = {
    set,
    pods: await claimPods(context, set, owner),
    update: revisionFrom(history.current),
    current: revisionFrom(
      history.old.find((each) => each.metadata?.name === set.status?.currentRevision) ?? history.current,
    ),
    nowMs: context.clock.now(),
  };
  const failure = await carryOut(context, { facts, owner, plan: planStatefulSet(facts) });
  const status = statefulStatus(facts);
  await updateStatus(context, set, status);
  if (failure !== undefined) throw failure;
  await deleteOldRevisions(context, facts, history);
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const becoming = minReadySeconds > 0 && (status.availableReplicas ?? 0) !== (set.spec?.replicas ?? 1);
  const waits = becoming ? [minReadySeconds * 1000] : [];
  const ordinals = facts.pods.map((pod) => ordinalOf(set, pod)).filter((ordinal) => ordinal !== undefined);
  if (awaitsClaims(context, set, ordinals)) waits.push(CLAIM_LOOK_MS);
  return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) };
}

function revisionFrom(revision: ControllerRevision): Revision {
  const data = revision.data as { spec?: { template?: PodTemplateSpec & { $patch?: string } } };
  const { $patch: _, ...template } = data.spec?.template ?? {};
  return { name: revision.metadata?.name ?? "", template };
}

function historyOf(context: Context, set: StatefulSet, owner: ClaimOwner): Promise<History | undefined> {
  return syncHistory({
    client: context.client,
    revisions: context.revisions,
    set,
    owner,
    hashLabel: "controller.kubernetes.io/hash",
    liveOwner: () => liveSet(context, set),
    collided: (collisionCount) => updateStatus(context, set, { ...(set.status ?? { replicas: 0 }), collisionCount }),
  });
}

function liveSet(context: Context, set: StatefulSet): Promise<StatefulSet> {
  const { namespace, name = "" } = set.metadata ?? {};
  return context.client.get(statefulSets, { namespace, name });
}

function claimPods(context: Context, set: StatefulSet, owner: ClaimOwner): Promise<Pod[]> {
  return claimSelected({
    client: context.client,
    owner,
    resource: pods,
    from: context.pods,
    selector: set.spec?.selector,
    only: (pod) => ordinalOf(set, pod) !== undefined,
    liveOwner: () => liveSet(context, set),
  });
}

async function deleteOldRevisions(context: Context, facts: StatefulFacts, history: History): Promise<void> {
  const inUse = new Set([...facts.pods.map(revisionOfPod), facts.current.name]);
  const unused = history.old.filter((revision) => !inUse.has(revision.metadata?.name ?? ""));
  const limit = facts.set.spec?.revisionHistoryLimit ?? 10;
  await deleteRevisions(context.client, revisionsToDelete(unused, { limit, live: new Set() }));
}

async function updateStatus(context: Context, set: StatefulSet, status: StatefulSetStatus): Promise<void> {
  if (semanticEqual(set.status, status)) return;
  await context.client.update(statefulSets, { ...set, status }, { subresource: "status" });
}
