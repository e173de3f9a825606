import { isConditionTrue } from "../../api/conditions.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { type Clock, timestamp } from "../../base/clock.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/events.ts";

/** Takes pods of a node that is not ready out of their Services: nobody there says any more whether they are ready. */
export async function markPodsNotReady(
  nodePods: readonly Pod[],
  by: { client: Client; events: EventRecorder; clock: Clock },
): Promise<void> {
  for (const { metadata, status } of nodePods) {
    if (!isConditionTrue(status?.conditions, "Ready")) continue;
    const { namespace, name = "", uid } = metadata ?? {};
    const condition = { type: "Ready", status: "False", lastTransitionTime: timestamp(by.clock) };
    try {
      await by.client.patch(
        pods,
        { namespace, name },
        { type: "strategic", subresource: "status", body: { metadata: { uid }, status: { conditions: [condition] } } },
      );
      const about = { apiVersion: "v1", kind: "Pod", metadata: { namespace, name, uid } };
      by.events.event(about, { type: "Warning", reason: "NodeNotReady", message: "Node is not ready" });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}
