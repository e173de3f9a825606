/** What the clearing away of pods needs to know of one. */
export interface CollectablePod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly nodeName: string;
  readonly phase: string;
  readonly evicted: boolean;
  readonly beingDeleted: boolean;
  readonly createdMs: number;
  readonly generation: number | undefined;
}

/** Ended pods that are kept for people to look at, in the whole cluster. */
const TERMINATED_THRESHOLD = 12_500;

/** Why a pod is to go, as its condition says; ended pods need no reason. */
export interface Collection {
  readonly pod: CollectablePod;
  readonly message?: string;
}

export interface NodeKnowledge {
  /** False when the API server has no such node, and has had none for a while. */
  exists(name: string): boolean;
  /** True for nodes that are not ready and that people have marked as out of service. */
  outOfService(name: string): boolean;
}

/** The pods that nobody else will clear away. Pure. */
export function planCollection(
  pods: readonly CollectablePod[],
  nodes: NodeKnowledge,
  threshold = TERMINATED_THRESHOLD,
): Collection[] {
  const found: Collection[] = tooManyEnded(pods, threshold).map((pod) => ({ pod }));
  const chosen = new Set(found.map(({ pod }) => pod.uid));
  for (const pod of pods) {
    if (chosen.has(pod.uid)) continue;
    if (pod.nodeName === "") {
      if (pod.beingDeleted) found.push({ pod });
    } else if (!nodes.exists(pod.nodeName)) found.push({ pod, message: "PodGC: node no longer exists" });
    else if (pod.beingDeleted && nodes.outOfService(pod.nodeName)) {
      found.push({ pod, message: "PodGC: node is out of service" });
    }
  }
  return found;
}

/** The oldest ended pods beyond the threshold, evicted ones first. */
function tooManyEnded(pods: readonly CollectablePod[], threshold: number): CollectablePod[] {
  if (threshold <= 0) return [];
  const ended = pods.filter(isEnded);
  if (ended.length <= threshold) return [];
  ended.sort(
    (a, b) => Number(b.evicted) - Number(a.evicted) || a.createdMs - b.createdMs || (a.name < b.name ? -1 : 1),
  );
  return ended.slice(0, ended.length - threshold);
}

export function isEnded(pod: CollectablePod): boolean {
  return pod.phase === "Succeeded" || pod.phase === "Failed";
}
