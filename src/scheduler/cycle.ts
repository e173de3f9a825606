import type { Random } from "../base/random.ts";
import type { NodeInfo } from "./cache/node-info.ts";
import type { PodFacts } from "./facts/pod-facts.ts";
import { checkNode, type PodFilters, prepareFilters, startTrial } from "./filters.ts";
import type { Cluster, NodeRejection } from "./framework.ts";
import { feasibleNodesToFind } from "./node-sampling.ts";
import type { Profile } from "./profile.ts";
import { scoreNodes } from "./scores.ts";

/** What a cycle found out. */
export type Placement =
  | { readonly outcome: "placed"; readonly nodeName: string; readonly evaluated: number; readonly feasible: number }
  | { readonly outcome: "noNodes" }
  | {
      readonly outcome: "unfit";
      readonly nodeCount: number;
      /** Set when a plugin ruled all nodes out at once. */
      readonly preFilterRejection?: NodeRejection;
      readonly byNode: ReadonlyMap<string, NodeRejection>;
      /** Why the nodes that are not in byNode were left out. */
      readonly absentReason?: string;
      readonly filters?: PodFilters;
    };

export interface CycleOptions {
  readonly profile: Profile;
  readonly random: Random;
  /** Where the search for nodes goes on, so that all nodes get their turn. */
  readonly cursor: { next: number };
  /** Pods of at least this pod's priority that preemption has promised the node to. */
  nominatedTo(nodeName: string, pod: PodFacts): readonly PodFacts[];
}

/** One scheduling cycle: the best node for the pod, or why there is none. Changes nothing but the cursor. */
export function placePod(pod: PodFacts, cluster: Cluster, options: CycleOptions): Placement {
  const nodeCount = cluster.nodes.length;
  if (nodeCount === 0) return { outcome: "noNodes" };

  const prepared = prepareFilters(pod, cluster, options.profile);
  if ("rejection" in prepared) {
    return { outcome: "unfit", nodeCount, preFilterRejection: prepared.rejection, byNode: new Map() };
  }
  const { filters } = prepared;

  const { feasible, byNode } = findFeasible(filters, cluster, options);
  if (feasible.length === 0) {
    const absentReason = `node(s) didn't satisfy plugin(s) [${filters.namedBy.join(" ")}]`;
    return { outcome: "unfit", nodeCount, byNode, filters, ...(filters.nodeNames ? { absentReason } : {}) };
  }

  const scores = feasible.length === 1 ? [0] : scoreNodes({ pod, nodes: feasible, cluster, profile: options.profile });
  const best = selectBest(scores, options.random);
  return {
    outcome: "placed",
    nodeName: feasible[best]!.name,
    evaluated: feasible.length + byNode.size,
    feasible: feasible.length,
  };
}

interface Found {
  feasible: NodeInfo[];
  byNode: Map<string, NodeRejection>;
}

/** Enough nodes that pass all filters, from where the last search stopped; a nominated node is asked first. */
function findFeasible(filters: PodFilters, cluster: Cluster, options: CycleOptions): Found {
  const found: Found = { feasible: [], byNode: new Map() };
  const { nominatedNodeName } = filters.pod.standing;
  const promised = nominatedNodeName === "" ? undefined : cluster.node(nominatedNodeName);
  if (promised !== undefined && isAllowed(filters, promised) && passes(filters, promised, options) === undefined) {
    return { feasible: [promised], byNode: found.byNode };
  }
  const nodes =
    filters.nodeNames === undefined
      ? cluster.nodes
      : [...filters.nodeNames].map((name) => cluster.node(name)).filter((node) => node !== undefined);
  const enough = feasibleNodesToFind(nodes.length);
  const start = filters.nodeNames === undefined ? options.cursor.next % nodes.length : 0;
  let looked = 0;
  for (; looked < nodes.length && found.feasible.length < enough; looked++) {
    const node = nodes[(start + looked) % nodes.length]!;
    const rejection = passes(filters, node, options);
    if (rejection === undefined) found.feasible.push(node);
    else found.byNode.set(node.name, rejection);
  }
  if (filters.nodeNames === undefined) options.cursor.next = (start + looked) % nodes.length;
  return found;
}

function isAllowed(filters: PodFilters, node: NodeInfo): boolean {
  return filters.nodeNames === undefined || filters.nodeNames.has(node.name);
}

/** Filters must pass with the pods that the node is promised to, and without them: they may never come. */
function passes(filters: PodFilters, node: NodeInfo, options: CycleOptions): NodeRejection | undefined {
  const nominated = options.nominatedTo(node.name, filters.pod);
  if (nominated.length > 0) {
    const trial = startTrial(filters, node);
    for (const pod of nominated) trial.add(pod);
    const rejection = trial.check();
    if (rejection !== undefined) return rejection;
  }
  return checkNode(filters, node);
}

/** Index of a highest score; chance decides among equals. */
function selectBest(scores: readonly number[], random: Random): number {
  let best = 0;
  let equals = 1;
  for (let index = 1; index < scores.length; index++) {
    if (scores[index]! > scores[best]!) {
      best = index;
      equals = 1;
    } else if (scores[index] === scores[best]) {
      equals++;
      if (random.fraction() * equals < 1) best = index;
    }
  }
  return best;
}
