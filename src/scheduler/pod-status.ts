import { pods } from "../api/generated/resources.ts";
import { isNotFound } from "../api/status.ts";
import { type Clock, timestamp } from "../base/clock.ts";
import type { Client } from "../client/client.ts";
import type { PodFacts } from "./facts/pod-facts.ts";

export interface SchedulingCondition {
  /** `Unschedulable` or `SchedulerError`. */
  readonly reason: string;
  readonly message: string;
}

/** The status patch that says why the pod has no node, and which one it is promised; undefined when it says so already. */
export function statusPatch(
  pod: PodFacts,
  condition: SchedulingCondition,
  options: { nominatedNodeName?: string; time: string },
): object | undefined {
  const { nominatedNodeName } = options;
  const known = pod.standing.scheduled;
  const sameCondition =
    known?.status === "False" && known.reason === condition.reason && known.message === condition.message;
  const sameNomination = nominatedNodeName === undefined || nominatedNodeName === pod.standing.nominatedNodeName;
  if (sameCondition && sameNomination) return undefined;
  const status: Record<string, unknown> = {};
  if (!sameCondition) {
    status.conditions = [
      {
        type: "PodScheduled",
        status: "False",
        reason: condition.reason,
        message: condition.message,
        lastProbeTime: null,
        ...(known?.status === "False" ? {} : { lastTransitionTime: options.time }),
        ...(pod.generation === undefined ? {} : { observedGeneration: pod.generation }),
      },
    ];
  }
  if (!sameNomination) status.nominatedNodeName = nominatedNodeName === "" ? null : nominatedNodeName;
  return { status };
}

/** Writes it. A pod that is gone needs none. */
export async function writeSchedulingStatus(
  dependencies: { client: Client; clock: Clock },
  pod: PodFacts,
  told: { condition: SchedulingCondition; nominatedNodeName?: string },
): Promise<void> {
  const patch = statusPatch(pod, told.condition, {
    time: timestamp(dependencies.clock),
    ...(told.nominatedNodeName === undefined ? {} : { nominatedNodeName: told.nominatedNodeName }),
  });
  if (patch === undefined) return;
  try {
    await dependencies.client.patch(
      pods,
      { namespace: pod.kind.namespace, name: pod.name },
      { type: "strategic", subresource: "status", body: patch },
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Writes into the pod's status which node it is promised; an empty name takes the promise out. */
export async function writeNomination(client: Client, pod: PodFacts, nodeName: string): Promise<void> {
  const body = { status: { nominatedNodeName: nodeName === "" ? null : nodeName } };
  try {
    await client.patch(
      pods,
      { namespace: pod.kind.namespace, name: pod.name },
      { type: "strategic", subresource: "status", body },
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
