import type { Taint, Toleration } from "../../api/generated/core/v1.ts";
import { nodes, pods } from "../../api/generated/resources.ts";
import { isBeingDeleted } from "../../api/meta.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { timestamp } from "../../base/clock.ts";
import { type Controller, type ControllerDependencies, from, type ReconcileResult } from "../reconciler.ts";
import { toleratedMs } from "./plan.ts";

interface TaintedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly nodeName: string;
  readonly tolerations: readonly Toleration[];
  readonly beingDeleted: boolean;
  readonly generation: number | undefined;
}

/** Deletes pods from nodes whose NoExecute taints they do not tolerate, or no longer. */
export function taintEvictionController(dependencies: ControllerDependencies): Controller {
  const { client, informers, events, clock } = dependencies;
  const taintInformer = informers.projected({
    resource: nodes,
    project: (node): readonly Taint[] => node.spec?.taints?.filter(({ effect }) => effect === "NoExecute") ?? [],
  });
  const podInformer = informers.projected({
    resource: pods,
    project: (pod): TaintedPod => ({
      namespace: pod.metadata?.namespace ?? "",
      name: pod.metadata?.name ?? "",
      uid: pod.metadata?.uid ?? "",
      nodeName: pod.spec?.nodeName ?? "",
      tolerations: pod.spec?.tolerations ?? [],
      beingDeleted: isBeingDeleted(pod),
      generation: pod.metadata?.generation,
    }),
    indexes: { node: (pod) => (pod.nodeName === "" ? [] : [pod.nodeName]) },
  });
  /** Since when pods are on tainted nodes, by uid: monotonic milliseconds. */
  const since = new Map<string, number>();

  async function reconcile(key: string): Promise<ReconcileResult> {
    const pod = podInformer.get(key);
    if (pod === undefined || pod.nodeName === "" || pod.beingDeleted) return undefined;
    const taints = taintInformer.get(pod.nodeName) ?? [];
    const stayMs = taints.length === 0 ? Number.POSITIVE_INFINITY : toleratedMs(taints, pod.tolerations);
    if (stayMs === Number.POSITIVE_INFINITY) {
      if (since.delete(pod.uid)) tell(pod, `Cancelling deletion of Pod ${key}`);
      return undefined;
    }
    const now = clock.monotonic();
    const began = since.get(pod.uid) ?? now;
    since.set(pod.uid, began);
    if (began + stayMs > now) return { requeueAfterMs: began + stayMs - now };
    tell(pod, `Marking for deletion Pod ${key}`);
    await evict(pod);
    since.delete(pod.uid);
    return undefined;
  }

  async function evict(pod: TaintedPod): Promise<void> {
    const target = { namespace: pod.namespace, name: pod.name };
    const condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "DeletionByTaintManager",
      message: "Taint manager: deleting due to NoExecute taint",
      lastTransitionTime: timestamp(clock),
      ...(pod.generation === undefined ? {} : { observedGeneration: pod.generation }),
    };
    const body = { status: { conditions: [condition] } };
    try {
      await client.patch(pods, target, { type: "strategic", subresource: "status", body });
      await client.delete(pods, target, { preconditions: { uid: pod.uid } });
    } catch (error) {
      // Gone, or another has its name: either way this one is no longer there.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  function tell(pod: TaintedPod, message: string): void {
    const { namespace, name, uid } = pod;
    const about = { apiVersion: "v1", kind: "Pod", metadata: { namespace, name, uid } };
    events.event(about, { type: "Normal", reason: "TaintManagerEviction", message });
  }

  /** Most pods are on nodes without such taints: they cost nothing here. */
  function concerns(pod: TaintedPod): boolean {
    return since.has(pod.uid) || (taintInformer.get(pod.nodeName)?.length ?? 0) > 0;
  }

  return {
    name: "taint-eviction-controller",
    workers: 8,
    sources: [
      from(podInformer, ({ key, before, after }) => {
        if (after === undefined) {
          if (before !== undefined) since.delete(before.uid);
          return [];
        }
        return concerns(after) ? [key] : [];
      }),
      from(taintInformer, ({ key, before, after }) => {
        const changed = JSON.stringify(before ?? []) !== JSON.stringify(after ?? []);
        return changed ? podInformer.by("node", key).map((pod) => `${pod.namespace}/${pod.name}`) : [];
      }),
    ],
    reconcile,
  };
}
