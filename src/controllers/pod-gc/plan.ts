import type { Pod } from "../../api/generated/core/v1.ts";
import { isBeingDeleted } from "../../api/meta.ts";

/** Ended pods that are kept for people to look at, in the whole cluster. */
const TERMINATED_THRESHOLD = 12_500;

/** A pod that is to go, and what its condition says of that: only those whose node is gone have one. */
export interface Collection {
  readonly pod: Pod;
  readonly message?: string;
}

export interface NodeKnowledge {
  /** False when the API server has no such node, and has had none for a while. */
  exists(name: string): boolean;
  /** True for nodes that are not ready and that people have marked as out of service. */
  outOfService(name: string): boolean;
}

/** Whether a pod needs a further look; most do not. */
export function isSuspect(pod: Pod, hasNode: (name: string) => boolean): boolean {
  const nodeName = pod.spec?.nodeName ?? "";
  return isEnded(pod) || isBeingDeleted(pod) || (nodeName !== "" && !hasNode(nodeName));
}

/** The pods, of those that are suspect, that nobody else will clear away. Pure. */
export function planCollection(
  pods: readonly Pod[],
  nodes: NodeKnowledge,
  threshold = TERMINATED_THRESHOLD,
): Collection[] {
  const found: Collection[] = tooManyEnded(pods, threshold).map((pod) => ({ pod }));
  const chosen = new Set(found.map(({ pod }) => pod));
  for (const pod of pods) {
    if (chosen.has(pod)) continue;
    const nodeName = pod.spec?.nodeName ?? "";
    if (nodeName === "") {
      if (isBeingDeleted(pod)) found.push({ pod });
    } else if (!nodes.exists(nodeName)) found.push({ pod, message: "PodGC: node no longer exists" });
    else if (isBeingDeleted(pod) && nodes.outOfService(nodeName)) found.push({ pod });
  }
  return found;
}

/** The oldest ended pods beyond the threshold, evicted ones first. */
function tooManyEnded(pods: readonly Pod[], threshold: number): Pod[] {
  if (threshold <= 0) return [];
  const ended = pods.filter(isEnded);
  if (ended.length <= threshold) return [];
  ended.sort(
    (a, b) =>
      Number(isEvicted(b)) - Number(isEvicted(a)) || createdMs(a) - createdMs(b) || (nameOf(a) < nameOf(b) ? -1 : 1),
  );
  return ended.slice(0, ended.length - threshold);
}

export function isEnded(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

function isEvicted(pod: Pod): boolean {
  return pod.status?.reason === "Evicted";
}

function createdMs(pod: Pod): number {
  return Date.parse(pod.metadata?.creationTimestamp ?? "") || 0;
}

function nameOf(pod: Pod): string {
  return pod.metadata?.name ?? "";
}
