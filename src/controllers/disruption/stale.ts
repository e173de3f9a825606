import { findCondition } from "../../api/conditions.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import { isBeingDeleted, splitKey } from "../../api/meta.ts";
import { isNotFound } from "../../api/status.ts";
import { type Clock, formatTime } from "../../base/clock.ts";
import type { Client } from "../../client/client.ts";

const TYPE = "DisruptionTarget";
/** Who said that a pod goes has so long to delete it. */
const TIMEOUT_MS = 2 * 60_000;
/** A kubelet may take any time. */
const BY_KUBELET = "TerminationByKubelet";

/** Time until nobody believes any more that the pod is about to be disrupted; undefined when nobody says so. Pure. */
export function staleInMs(pod: Pod, nowMs: number): number | undefined {
  const { phase, conditions } = pod.status ?? {};
  const condition = findCondition(conditions, TYPE);
  if (isBeingDeleted(pod) || phase === "Succeeded" || phase === "Failed") return undefined;
  if (condition?.status !== "True" || condition.reason === BY_KUBELET) return undefined;
  return Math.max(0, Date.parse(condition.lastTransitionTime ?? "") + TIMEOUT_MS - nowMs || 0);
}

/** Takes back what a pod says of its disruption, if it still says so and its time is over. */
export async function resetStale(key: string, { client, clock }: { client: Client; clock: Clock }): Promise<void> {
  const target = splitKey(key);
  try {
    const pod = await client.get(pods, target);
    if (staleInMs(pod, clock.now()) !== 0) return;
    const { uid, generation } = pod.metadata ?? {};
    const condition = { type: TYPE, status: "False", reason: null, message: null, observedGeneration: generation };
    const status = { conditions: [{ ...condition, lastTransitionTime: formatTime(clock.now()) }] };
    await client.patch(pods, target, { type: "strategic", subresource: "status", body: { metadata: { uid }, status } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
