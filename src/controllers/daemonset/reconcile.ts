import type { ControllerRevision, DaemonSet, DaemonSetStatus } from "../../api/generated/apps/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { daemonSets, pods } from "../../api/generated/resources.ts";
import { apiVersionOf, splitKey } from "../../api/meta.ts";
import { turnTime } from "../../base/turn-time.ts";
import type { Informer } from "../../client/informer.ts";
import { REVISION_HASH_LABEL, revisionsToDelete } from "../history/history.ts";
import { deleteRevisions, type History, revisionInformer, syncHistory } from "../history/sync-history.ts";
import { type ClaimOwner, claimSelected } from "../pod-control/claim.ts";
import { createExpectations, type Expectations } from "../pod-control/expectations.ts";
import { podControlOf, podFromTemplate } from "../pod-control/pod-control.ts";
import { podInformer } from "../pod-control/pod-informer.ts";
import { slowStart } from "../pod-control/slow-start.ts";
import {
  type ControllerDependencies,
  type ControllerFactory,
  from,
  type ReconcileResult,
  restAfter,
} from "../reconciler.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { createFailedPodBackoff, type FailedPodBackoff } from "./failed-pod-backoff.ts";
import type { NodeFacts } from "./node-fit.ts";
import { type DaemonFacts, planDaemons } from "./plan.ts";
import { templateForNode } from "./pod-template.ts";
import { planUpdate } from "./rolling-update.ts";
import { nodeInformer, setsForNode, setsForOwned } from "./sources.ts";
import { daemonStatus } from "./status.ts";

/** So many pods at most are made and removed in one reconcile. */
const BURST_REPLICAS = 250;

interface Context extends ControllerDependencies {
  readonly sets: Informer<DaemonSet>;
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<NodeFacts>;
  readonly revisions: Informer<ControllerRevision>;
  readonly expectations: Expectations;
  readonly backoff: FailedPodBackoff;
}

/** Keeps one pod of each DaemonSet on each node that it is for. */
export const daemonSetController: ControllerFactory = (dependencies) => {
  const { informers, clock } = dependencies;
  const podsOf = podInformer(informers);
  const context: Context = {
    ...dependencies,
    sets: informers.informer(daemonSets),
    pods: podsOf,
    nodes: nodeInformer(informers),
    revisions: revisionInformer(informers),
    expectations: createExpectations(clock, podsOf),
    backoff: createFailedPodBackoff(clock),
  };
  return {
    name: "daemonset-controller",
    workers: 2,
    sources: [
      from(context.sets, ({ key }) => [key]),
      from(context.pods, (change) => setsForOwned(context.sets, change)),
      from(context.revisions, (change) => setsForOwned(context.sets, change)),
      from(context.nodes, (change) => setsForNode(context.sets, change)),
    ],
    reconcile: (key) => reconcile(context, key),
  };
};

async function reconcile(context: Context, key: string): Promise<ReconcileResult> {
  const { expectations, client } = context;
  const set = context.sets.get(key);
  if (set === undefined) {
    expectations.forget(key);
    return undefined;
  }
  if (semanticEqual(set.spec?.selector, {})) {
    const message = "This daemon set is selecting all pods. A non-empty selector is required.";
    context.events.event(set, { type: "Warning", reason: "SelectingAll", message });
    return undefined;
  }
  if (set.metadata?.deletionTimestamp !== undefined) return undefined;
  const owner: ClaimOwner = { apiVersion: apiVersionOf(daemonSets), kind: daemonSets.kind, metadata: set.metadata };
  const history = await historyOf(context, set, owner);
  if (history === undefined) return undefined;
  await expectations.settle(key, (podKey) => client.get(pods, splitKey(podKey)));
  // Before the pods are looked at: a pod that shows while this waits is not among them, and would be made again.
  const mayAct = expectations.satisfied(key);
  const facts = await gatherFacts(context, { set, owner, history });
  const waitMs = mayAct ? await act(context, { key, owner, facts }) : undefined;
  if (mayAct) await deleteOldRevisions(context, facts, history);
  await turnTime(context.clock).pause();
  const status = daemonStatus(facts, mayAct);
  await updateStatus(context, set, status);
  return nextCheck(set, status, waitMs);
}

function liveSet(context: Context, set: DaemonSet): Promise<DaemonSet> {
  const { namespace, name = "" } = set.metadata ?? {};
  return context.client.get(daemonSets, { namespace, name });
}

function historyOf(context: Context, set: DaemonSet, owner: ClaimOwner): Promise<History | undefined> {
  return syncHistory({
    client: context.client,
    revisions: context.revisions,
    set,
    owner,
    liveOwner: () => liveSet(context, set),
    collided: (collisionCount) => updateStatus(context, set, { ...daemonStatusOrNone(set), collisionCount }),
  });
}

function daemonStatusOrNone(set: DaemonSet): DaemonSetStatus {
  return set.status ?? { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
}

async function gatherFacts(
  context: Context,
  { set, owner, history }: { set: DaemonSet; owner: ClaimOwner; history: History },
): Promise<DaemonFacts> {
  const uid = set.metadata?.uid ?? "";
  const claimed = await claimSelected({
    client: context.client,
    owner,
    resource: pods,
    from: context.pods,
    selector: set.spec?.selector,
    liveOwner: () => liveSet(context, set),
  });
  return {
    set,
    nodes: context.nodes.list(),
    pods: claimed,
    hash: history.current.metadata?.labels?.[REVISION_HASH_LABEL] ?? "",
    nowMs: context.clock.now(),
    inBackoff: (nodeName) => context.backoff.waitMs(`${uid}/${nodeName}`) > 0,
  };
}

interface Action {
  readonly key: string;
  readonly owner: ClaimOwner;
  readonly facts: DaemonFacts;
}

/** Makes and removes pods; then, when that needed nothing, goes on with a rolling update. Answers when to come back. */
async function act(context: Context, action: Action): Promise<number | undefined> {
  const { facts } = action;
  const uid = facts.set.metadata?.uid ?? "";
  const plan = planDaemons(facts);
  for (const event of plan.events) context.events.event(facts.set, event);
  for (const nodeName of plan.failedOn) context.backoff.next(`${uid}/${nodeName}`);
  await writePods(context, action, plan);
  const isComplete = plan.createOn.length === 0 && plan.delete.length === 0;
  // Each look at all nodes, of which there may be thousands, is work for a turn.
  await turnTime(context.clock).pause();
  const rolling = (facts.set.spec?.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate";
  if (rolling && isComplete) await writePods(context, action, planUpdate(facts));
  const waits = plan.waitingOn.map((nodeName) => context.backoff.waitMs(`${uid}/${nodeName}`));
  return waits.length === 0 ? undefined : Math.min(...waits);
}

async function writePods(
  context: Context,
  { key, owner, facts }: Action,
  plan: { createOn: readonly string[]; delete: readonly Pod[] },
): Promise<void> {
  const control = podControlOf(context, owner, key);
  const createOn = plan.createOn.slice(0, BURST_REPLICAS);
  const creations = slowStart(createOn.length, async (index) => {
    const template = templateForNode(facts.set, createOn[index]!, facts.hash);
    await control.create(podFromTemplate({ template, owner, random: context.random }));
  });
  const deletions = Promise.allSettled(plan.delete.slice(0, BURST_REPLICAS).map((pod) => control.delete(pod)));
  const { error } = await creations;
  const failed = (await deletions).find((result) => result.status === "rejected");
  if (error !== undefined) throw error;
  if (failed !== undefined) throw failed.reason;
}

async function deleteOldRevisions(context: Context, facts: DaemonFacts, history: History): Promise<void> {
  const live = new Set(facts.pods.map((pod) => pod.metadata?.labels?.[REVISION_HASH_LABEL] ?? ""));
  const limit = facts.set.spec?.revisionHistoryLimit ?? 10;
  await deleteRevisions(context.client, revisionsToDelete(history.old, { limit, live }));
}

async function updateStatus(context: Context, set: DaemonSet, status: DaemonSetStatus): Promise<void> {
  if (semanticEqual(set.status, status)) return;
  await context.client.update(daemonSets, { ...set, status }, { subresource: "status" });
}

function nextCheck(set: DaemonSet, status: DaemonSetStatus, waitMs: number | undefined): ReconcileResult {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const becoming = minReadySeconds > 0 && status.numberReady !== (status.numberAvailable ?? 0);
  const waits = [waitMs, becoming ? minReadySeconds * 1000 : undefined].filter((wait) => wait !== undefined);
  const restMs = restAfter(status.desiredNumberScheduled);
  return waits.length === 0 ? { restMs } : { requeueAfterMs: Math.min(...waits), restMs };
}
