import type { Pod, Taint } from "../../api/generated/core/v1.ts";
import { nodes, pods } from "../../api/generated/resources.ts";
import { isBeingDeleted, keyOf } from "../../api/meta.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { timestamp } from "../../base/clock.ts";
import { podInformer } from "../pod-control/pod-informer.ts";
import { type Controller, type ControllerDependencies, from, type ReconcileResult } from "../reconciler.ts";
import { toleratedMs } from "./plan.ts";

/** Deletes pods from nodes whose NoExecute taints they do not tolerate, or no longer. */
export function taintEvictionController(dependencies: ControllerDependencies): Controller {
  const { client, informers, events, clock } = dependencies;
  const taintInformer = informers.projected({
    resource: nodes,
    project: (node): readonly Taint[] => node.spec?.taints?.filter(({ effect }) => effect === "NoExecute") ?? [],
  });
  const podsOf = podInformer(informers);
  /** Since when pods are on tainted nodes, by uid: monotonic milliseconds. */
  const since = new Map<string, number>();

  async function reconcile(key: string): Promise<ReconcileResult> {
    const pod = podsOf.get(key);
    const nodeName = pod?.spec?.nodeName ?? "";
    if (pod === undefined || nodeName === "" || isBeingDeleted(pod)) return undefined;
    const uid = uidOf(pod);
    const taints = taintInformer.get(nodeName) ?? [];
    const stayMs = taints.length === 0 ? Number.POSITIVE_INFINITY : toleratedMs(taints, pod.spec?.tolerations ?? []);
    if (stayMs === Number.POSITIVE_INFINITY) {
      if (since.delete(uid)) tell(pod, `Cancelling deletion of Pod ${key}`);
      return undefined;
    }
    const now = clock.monotonic();
    const began = since.get(uid) ?? now;
    since.set(uid, began);
    if (began + stayMs > now) return { requeueAfterMs: began + stayMs - now };
    tell(pod, `Marking for deletion Pod ${key}`);
    await evict(pod);
    since.delete(uid);
    return undefined;
  }

  async function evict({ metadata = {} }: Pod): Promise<void> {
    const { namespace, name = "", uid, generation } = metadata;
    const target = { namespace, name };
    const condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "DeletionByTaintManager",
      message: "Taint manager: deleting due to NoExecute taint",
      lastTransitionTime: timestamp(clock),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    };
    const body = { metadata: { uid }, status: { conditions: [condition] } };
    try {
      await client.patch(pods, target, { type: "strategic", subresource: "status", body });
      await client.delete(pods, target, { preconditions: { uid } });
    } catch (error) {
      // Gone, or another has its name: either way this one is no longer there.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  function tell({ metadata = {} }: Pod, message: string): void {
    const { namespace, name, uid } = metadata;
    const about = { apiVersion: "v1", kind: "Pod", metadata: { namespace, name, uid } };
    events.event(about, { type: "Normal", reason: "TaintManagerEviction", message });
  }

  /** Most pods are on nodes without such taints: they cost nothing here. */
  function concerns(pod: Pod): boolean {
    return since.has(uidOf(pod)) || (taintInformer.get(pod.spec?.nodeName ?? "")?.length ?? 0) > 0;
  }

  return {
    name: "taint-eviction-controller",
    workers: 8,
    sources: [
      from(podsOf, ({ key, before, after }) => {
        if (after === undefined) {
          if (before !== undefined) since.delete(uidOf(before));
          return [];
        }
        return concerns(after) ? [key] : [];
      }),
      from(taintInformer, ({ key, before, after }) => {
        const changed = JSON.stringify(before ?? []) !== JSON.stringify(after ?? []);
        return changed ? podsOf.by("node", key).map(keyOf) : [];
      }),
    ],
    reconcile,
  };
}

function uidOf(pod: Pod): string {
  return pod.metadata?.uid ?? "";
}
