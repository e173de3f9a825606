import { pods } from "../../api/generated/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { type Clock, timestamp } from "../../base/clock.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/events.ts";
import type { PodFacts } from "../facts/pod-facts.ts";

/** Asks a pod to make room: says why in its status, then deletes it with its own grace period. */
export async function evictVictim(
  by: { client: Client; events: EventRecorder; clock: Clock },
  victim: PodFacts,
  of: { preemptor: PodFacts; nodeName: string },
): Promise<void> {
  const target = { namespace: victim.kind.namespace, name: victim.name };
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "PreemptionByScheduler",
    message: `${of.preemptor.needs.schedulerName}: preempting to accommodate a higher priority pod`,
    lastTransitionTime: timestamp(by.clock),
    ...(victim.generation === undefined ? {} : { observedGeneration: victim.generation }),
  };
  try {
    const body = { metadata: { uid: victim.uid }, status: { conditions: [condition] } };
    if (!victim.standing.disruptionTarget)
      await by.client.patch(pods, target, { type: "strategic", subresource: "status", body });
    await by.client.delete(pods, target, { preconditions: { uid: victim.uid } });
  } catch (error) {
    // It is gone already, or another pod has its name: there is room either way.
    if (isNotFound(error) || isConflict(error)) return;
    throw error;
  }
  const about = { apiVersion: "v1", kind: "Pod", metadata: { ...target, uid: victim.uid } };
  const message = `Preempted by pod ${of.preemptor.uid} on node ${of.nodeName}`;
  by.events.event(about, { type: "Normal", reason: "Preempted", message });
}
