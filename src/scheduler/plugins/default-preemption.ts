import { errorMessage } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/events.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import { fitErrorMessage } from "../failure-message.ts";
import type {
  Cluster,
  FilterFailure,
  PostFilterPlugin,
  PreEnqueuePlugin,
  QueueingHintPlugin,
  Rejection,
} from "../framework.ts";
import { evictVictim } from "../preemption/evict.ts";
import { type DisruptionBudget, pickNode, selectVictims, type Victims } from "../preemption/victims.ts";
import { Action, onAssignedPod } from "../queue/cluster-event.ts";

/** Nodes that are tried at most: a tenth of those that may do, but at least a hundred. */
const CANDIDATE_PERCENTAGE = 10;
const LEAST_CANDIDATES = 100;

export interface PreemptionOptions {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  budgets(): readonly DisruptionBudget[];
  /** Tries the pod again as soon as it may be. */
  activate(uid: string): void;
  /** The pod is no longer held back. */
  release(uid: string): void;
}

/** Makes room for a pod by removing less important ones from the node where they are missed least. */
export function defaultPreemption(
  options: PreemptionOptions,
): PostFilterPlugin & PreEnqueuePlugin & QueueingHintPlugin {
  /** Pods whose victims are being asked to go. */
  const preempting = new Set<string>();

  async function makeRoom(pod: PodFacts, victims: Victims): Promise<void> {
    const nodeName = victims.node.name;
    try {
      const leaving = victims.pods.filter((victim) => !victim.standing.beingDeleted);
      await Promise.all(leaving.map((victim) => evictVictim(options, victim, { preemptor: pod, nodeName })));
      preempting.delete(pod.uid);
      options.release(pod.uid);
    } catch (error) {
      const fields = { pod: pod.key, node: nodeName, error: errorMessage(error) };
      options.log.warn("could not remove all pods that were to make room", fields);
      preempting.delete(pod.uid);
      options.activate(pod.uid);
    }
  }

  return {
    name: "DefaultPreemption",
    retryOn: [onAssignedPod(Action.delete)],
    preEnqueue(pod) {
      if (!preempting.has(pod.uid)) return undefined;
      return { reasons: ["waiting for the preemption for this pod to be finished"], unresolvable: true };
    },
    postFilter(pod, cluster, failure) {
      const ineligible = whyNot(pod, cluster, failure);
      if (ineligible !== undefined) return { message: `preemption: ${ineligible}` };
      const { candidates, rejections } = findCandidates(pod, cluster, { failure, options });
      const best = pickNode(candidates);
      if (best === undefined) {
        const byNode = rejections;
        const absentReason = "Preemption is not helpful for scheduling";
        const text = fitErrorMessage({ nodeCount: cluster.nodes.length, byNode, absentReason });
        return { nominatedNodeName: "", message: `preemption: ${text}` };
      }
      if (best.pods.some((victim) => !victim.standing.beingDeleted)) {
        preempting.add(pod.uid);
        // Goes on by itself; it never rejects, and wakes the pod when it is done.
        void makeRoom(pod, best);
      }
      return { nominatedNodeName: best.node.name };
    },
  };
}

/** Why the pod may not preempt at all. */
function whyNot(pod: PodFacts, cluster: Cluster, failure: FilterFailure): string | undefined {
  if (pod.needs.preemptionPolicy === "Never") return "not eligible due to preemptionPolicy=Never.";
  const { nominatedNodeName } = pod.standing;
  if (nominatedNodeName === "") return undefined;
  // Where removing pods cannot help any more, waiting for those that are leaving cannot either.
  if (failure.byNode.get(nominatedNodeName)?.unresolvable === true) return undefined;
  const leaving = [...(cluster.node(nominatedNodeName)?.pods.values() ?? [])].some(
    (other) =>
      other.standing.beingDeleted && other.needs.priority < pod.needs.priority && other.standing.disruptionTarget,
  );
  return leaving ? "not eligible due to a terminating pod on the nominated node." : undefined;
}

/** Tries nodes from a random one on until there are enough candidates. */
function findCandidates(
  pod: PodFacts,
  cluster: Cluster,
  { failure, options }: { failure: FilterFailure; options: PreemptionOptions },
): { candidates: Victims[]; rejections: Map<string, Rejection> } {
  const nodes = cluster.nodes.filter((node) => {
    const rejection = failure.byNode.get(node.name);
    return rejection !== undefined && rejection.unresolvable !== true;
  });
  const candidates: Victims[] = [];
  const rejections = new Map<string, Rejection>();
  const enough = Math.max(LEAST_CANDIDATES, Math.floor((nodes.length * CANDIDATE_PERCENTAGE) / 100));
  const start = Math.floor(options.random.fraction() * nodes.length);
  const budgets = options.budgets();
  for (let looked = 0; looked < nodes.length && candidates.length < enough; looked++) {
    const node = nodes[(start + looked) % nodes.length]!;
    const found = selectVictims(pod, node, { trial: failure.trial, budgets });
    if ("pods" in found) candidates.push(found);
    else rejections.set(node.name, found);
    if (candidates.length > 0 && isFree(found)) break;
  }
  return { candidates, rejections };
}

/** A node that loses no pod cannot be beaten. */
function isFree(found: Victims | Rejection): boolean {
  return "pods" in found && found.pods.length === 0;
}
