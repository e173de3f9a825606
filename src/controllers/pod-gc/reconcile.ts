import { isConditionTrue } from "../../api/conditions.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { nodes, pods } from "../../api/generated/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { timestamp } from "../../base/clock.ts";
import { eachInTurns } from "../../base/turn-time.ts";
import { podInformer } from "../pod-control/pod-informer.ts";
import { type Controller, type ControllerDependencies, from, type ReconcileResult } from "../reconciler.ts";
import { type Collection, isEnded, isSuspect, planCollection } from "./plan.ts";

/** How often all pods are looked through. */
const PERIOD_MS = 20_000;
/** A node must have been away for so long before its pods are given up: informers may be behind. */
const QUARANTINE_MS = 40_000;
const ALL = "all";

/** Clears away pods that nobody else will: too many that have ended, and those whose node is gone. */
export function podGarbageCollector(dependencies: ControllerDependencies): Controller {
  const { client, informers, clock } = dependencies;
  const podsOf = podInformer(informers);
  const nodeInformer = informers.projected({
    resource: nodes,
    project: (node) => ({
      outOfService:
        !isConditionTrue(node.status?.conditions, "Ready") &&
        (node.spec?.taints?.some(({ key }) => key === "node.kubernetes.io/out-of-service") ?? false),
    }),
  });
  /** Nodes that pods name and that are not there, and since when: monotonic milliseconds. */
  const missing = new Map<string, number>();

  async function reconcile(): Promise<ReconcileResult> {
    const suspects: Pod[] = [];
    const hasNode = (name: string): boolean => nodeInformer.get(name) !== undefined;
    await eachInTurns(clock, podsOf.each(), (pod) => {
      if (isSuspect(pod, hasNode)) suspects.push(pod);
    });
    const gone = await goneNodes(suspects);
    const plan = planCollection(suspects, {
      exists: (name) => !gone.has(name),
      outOfService: (name) => nodeInformer.get(name)?.outOfService ?? false,
    });
    for (const each of plan) await collect(each);
    return { requeueAfterMs: PERIOD_MS };
  }

  async function goneNodes(suspects: readonly Pod[]): Promise<ReadonlySet<string>> {
    const now = clock.monotonic();
    const named = new Set(suspects.map(({ spec }) => spec?.nodeName ?? ""));
    for (const name of [...missing.keys()]) {
      if (!named.has(name) || nodeInformer.get(name) !== undefined) missing.delete(name);
    }
    const gone = new Set<string>();
    for (const name of named) {
      if (name === "" || nodeInformer.get(name) !== undefined) continue;
      const since = missing.get(name) ?? now;
      missing.set(name, since);
      if (now - since >= QUARANTINE_MS && (await isGone(name))) gone.add(name);
    }
    return gone;
  }

  async function isGone(name: string): Promise<boolean> {
    try {
      await client.get(nodes, { name });
      return false;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  }

  async function collect({ pod, message }: Collection): Promise<void> {
    const { namespace, name = "", uid } = pod.metadata ?? {};
    const target = { namespace, name };
    try {
      if (!isEnded(pod)) await markFailed(pod, message);
      await client.delete(pods, target, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /** Says that the pod has failed, and why: nobody else can any more. */
  async function markFailed(pod: Pod, message: string | undefined): Promise<void> {
    const { namespace, name = "", uid, generation } = pod.metadata ?? {};
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    const condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "DeletionByPodGC",
      message,
      lastTransitionTime: timestamp(clock),
      ...observed,
    };
    const status = { phase: "Failed", ...observed, ...(message === undefined ? {} : { conditions: [condition] }) };
    const body = { metadata: { uid }, status };
    await client.patch(pods, { namespace, name }, { type: "strategic", subresource: "status", body });
  }

  return {
    name: "pod-garbage-collector-controller",
    sources: [
      {
        start(enqueue) {
          enqueue(ALL, PERIOD_MS);
          return () => {};
        },
      },
      from(nodeInformer, ({ after }) => (after === undefined || after.outOfService ? [ALL] : [])),
    ],
    reconcile,
  };
}
