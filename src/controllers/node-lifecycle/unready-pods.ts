import { isConditionTrue } from "../../api/conditions.ts";
import { pods } from "../../api/generated/resources.ts";
import { isNotFound } from "../../api/status.ts";
import { type Clock, timestamp } from "../../base/clock.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/events.ts";
import type { Informer, InformerSet } from "../../client/informer.ts";

interface NodePod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly nodeName: string;
  readonly ready: boolean;
}

/** Pods by the node that they are on. */
export function podsByNode(informers: InformerSet): Informer<NodePod> {
  return informers.projected({
    resource: pods,
    project: (pod): NodePod => ({
      namespace: pod.metadata?.namespace ?? "",
      name: pod.metadata?.name ?? "",
      uid: pod.metadata?.uid ?? "",
      nodeName: pod.spec?.nodeName ?? "",
      ready: isConditionTrue(pod.status?.conditions, "Ready"),
    }),
    indexes: { node: (pod) => (pod.nodeName === "" ? [] : [pod.nodeName]) },
  });
}

/** Takes pods of a node that is not ready out of their Services: nobody there says any more whether they are ready. */
export async function markPodsNotReady(
  nodePods: readonly NodePod[],
  by: { client: Client; events: EventRecorder; clock: Clock },
): Promise<void> {
  for (const { namespace, name, uid, ready } of nodePods) {
    if (!ready) continue;
    const condition = { type: "Ready", status: "False", lastTransitionTime: timestamp(by.clock) };
    try {
      await by.client.patch(
        pods,
        { namespace, name },
        { type: "strategic", subresource: "status", body: { status: { conditions: [condition] } } },
      );
      const about = { apiVersion: "v1", kind: "Pod", metadata: { namespace, name, uid } };
      by.events.event(about, { type: "Warning", reason: "NodeNotReady", message: "Node is not ready" });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
