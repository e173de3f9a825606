import type { Pod } from "../../api/generated/core/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import { apiVersionOf, controllerOf, joinKey, keyOf, parseApiVersion, splitKey } from "../../api/meta.ts";
import { isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Change, Informer } from "../../client/informer.ts";
import { type ClaimOwner, claimObjects } from "../pod-control/claim.ts";
import { createExpectations, type Expectations } from "../pod-control/expectations.ts";
import { podControlOf, podFromTemplate } from "../pod-control/pod-control.ts";
import { podInformer } from "../pod-control/pod-informer.ts";
import { isPodActive, isPodTerminating } from "../pod-control/pod-state.ts";
import { settleAll } from "../pod-control/settle-all.ts";
import { slowStart } from "../pod-control/slow-start.ts";
import {
  type ControllerDependencies,
  type ControllerFactory,
  from,
  type ReconcileResult,
  restAfter,
} from "../reconciler.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { planReplicas } from "./plan.ts";
import type { ReplicaKind, ReplicatedObject } from "./replica-kind.ts";
import { nextAvailableInMs, replicaStatus, type StatusFacts } from "./status.ts";

interface Context<T extends ReplicatedObject> extends ControllerDependencies {
  readonly kind: ReplicaKind<T>;
  readonly sets: Informer<T>;
  readonly pods: Informer<Pod>;
  readonly expectations: Expectations;
}

/** A controller that keeps as many pods as each object of that kind asks for. */
export function replicaController<T extends ReplicatedObject>(kind: ReplicaKind<T>): ControllerFactory {
  return (dependencies) => {
    const sets = dependencies.informers.informer(kind.resource, {
      controller: (set) => [controllerOf(set)?.uid ?? ""],
    });
    const podsOf = podInformer(dependencies.informers);
    const expectations = createExpectations(dependencies.clock, podsOf);
    const context: Context<T> = { ...dependencies, kind, sets, pods: podsOf, expectations };
    return {
      name: kind.controllerName,
      workers: 5,
      sources: [from(sets, ({ key }) => [key]), from(podsOf, (change) => setsOf(context, change))],
      reconcile: (key) => reconcile(context, key),
    };
  };
}

/** Keys of the sets that a change of a pod concerns: its owners before and after, and for an orphan all that select it. */
function setsOf<T extends ReplicatedObject>(context: Context<T>, { before, after }: Change<Pod>): Set<string> {
  const keys = new Set<string>();
  for (const pod of [before, after]) {
    const owner = pod === undefined ? undefined : controllerOf(pod);
    if (owner === undefined || owner.kind !== context.kind.resource.kind) continue;
    if (parseApiVersion(owner.apiVersion).group !== context.kind.resource.group) continue;
    keys.add(joinKey(pod?.metadata?.namespace, owner.name));
  }
  if (after !== undefined && controllerOf(after) === undefined && isPodActive(after)) {
    for (const set of context.sets.list(after.metadata?.namespace)) {
      if (context.kind.selector(set)(after.metadata?.labels)) keys.add(keyOf(set));
    }
  }
  return keys;
}

async function reconcile<T extends ReplicatedObject>(context: Context<T>, key: string): Promise<ReconcileResult> {
  const { kind, client, clock, expectations } = context;
  const set = context.sets.get(key);
  if (set === undefined) {
    expectations.forget(key);
    return undefined;
  }
  const name = splitKey(key);
  const owner: ClaimOwner = {
    apiVersion: apiVersionOf(kind.resource),
    kind: kind.resource.kind,
    metadata: set.metadata,
  };
  const selects = kind.selector(set);
  await expectations.settle(key, (podKey) => client.get(pods, splitKey(podKey)));
  // Before the pods are looked at: a pod that shows while this waits is not among them, and would be made again.
  const isCurrent = expectations.satisfied(key);
  const owned = context.pods.by("controller", set.metadata?.uid ?? "");
  const active = await claimObjects({
    client,
    owner,
    resource: pods,
    candidates: activeOf(owned, context.pods.by("orphans", name.namespace)),
    matches: (pod) => selects(pod.metadata?.labels),
    liveOwner: () => client.get(kind.resource, name),
  });
  const managed =
    set.metadata?.deletionTimestamp === undefined && isCurrent
      ? await manage(context, { set, owner, active, key })
      : {};
  const nowMs = clock.now();
  const terminating = kind.countsTerminating ? owned.filter(isPodTerminating).length : undefined;
  const status = replicaStatus(set, { active, terminating, failure: managed.failure, nowMs });
  await updateStatus(context, set, status);
  if (managed.error !== undefined) throw managed.error;
  const waitMs = nextAvailableInMs(set, active, nowMs);
  return { requeueAfterMs: waitMs, restMs: restAfter(owned.length) };
}

/** Without an array for each step: a set may have ten thousand pods. */
function* activeOf(...lists: readonly (readonly Pod[])[]): Generator<Pod, void, undefined> {
  for (const list of lists) for (const pod of list) if (isPodActive(pod)) yield pod;
}

interface Managed {
  readonly failure?: StatusFacts["failure"];
  readonly error?: unknown;
}

/** Creates or deletes the pods that are too few or too many. */
async function manage<T extends ReplicatedObject>(
  context: Context<T>,
  { set, owner, active, key }: { set: T; owner: ClaimOwner; active: Pod[]; key: string },
): Promise<Managed> {
  const { random, clock } = context;
  const control = podControlOf(context, owner, key);
  const related = () => relatedPods(context, set);
  const plan = planReplicas({ wanted: set.spec?.replicas ?? 1, active, related, nowMs: clock.now() });
  if (plan.create > 0) {
    const { error } = await slowStart(plan.create, async () => {
      await control.create(podFromTemplate({ template: set.spec?.template, owner, random }));
    });
    return error === undefined ? {} : { error, failure: { reason: "FailedCreate", message: errorMessage(error) } };
  }
  const { error } = await settleAll(plan.delete.length, (index) => control.delete(plan.delete[index]!));
  return error === undefined ? {} : { error, failure: { reason: "FailedDelete", message: errorMessage(error) } };
}

function relatedPods<T extends ReplicatedObject>(context: Context<T>, set: T): Pod[] {
  const owner = controllerOf(set);
  const sets = owner === undefined ? [set] : context.sets.by("controller", owner.uid);
  return sets.flatMap((each) => context.pods.by("controller", each.metadata?.uid ?? ""));
}

async function updateStatus<T extends ReplicatedObject>(
  context: Context<T>,
  set: T,
  status: T["status"],
): Promise<void> {
  if (semanticEqual(set.status, status)) return;
  try {
    await context.client.update(context.kind.resource, { ...set, status }, { subresource: "status" });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
