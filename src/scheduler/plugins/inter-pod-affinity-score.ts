import type { WeightedPodAffinityTerm } from "../../api/generated/core/v1.ts";
import type { NodeInfo } from "../cache/node-info.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import type { Cluster, PreScorePlugin, ScorePlugin } from "../framework.ts";
import { compileTerm, DomainCounts } from "./affinity-terms.ts";
import { MAX_NODE_SCORE } from "./normalize.ts";

/** How much a pod that must be near the incoming one draws it. */
const HARD_AFFINITY_WEIGHT = 1;

/** Preferred affinity and anti-affinity: the incoming pod's own, and those of the pods that are there. */
export const interPodAffinityScore: PreScorePlugin<DomainCounts> & ScorePlugin<DomainCounts> = {
  name: "InterPodAffinity",
  preScore(pod, _nodes, cluster) {
    const hasWishes = pod.preferredAffinity.length > 0 || pod.preferredAntiAffinity.length > 0;
    if (!hasWishes && cluster.nodesWithAffinity.size === 0) return { skip: true };
    const sums = new DomainCounts();
    for (const node of hasWishes ? cluster.nodes : cluster.nodesWithAffinity) {
      const others = hasWishes ? node.pods.values() : node.podsWithAffinity;
      for (const existing of others) weigh(sums, { pod, existing, node, cluster });
    }
    return sums.isEmpty ? { skip: true } : { state: sums };
  },
  score: (_pod, node, sums) => sums.total(node.facts.labels),
  normalize(scores) {
    const least = Math.min(...scores);
    const difference = Math.max(...scores) - least;
    for (let index = 0; index < scores.length; index++) {
      scores[index] = difference === 0 ? 0 : Math.floor((MAX_NODE_SCORE * (scores[index]! - least)) / difference);
    }
  },
};

interface Pair {
  readonly pod: PodFacts;
  readonly existing: PodFacts;
  readonly node: NodeInfo;
  readonly cluster: Cluster;
}

function weigh(sums: DomainCounts, { pod, existing, node, cluster }: Pair): void {
  const { labels } = node.facts;
  const add = (
    wishes: readonly WeightedPodAffinityTerm[],
    pair: [owner: PodFacts, other: PodFacts],
    sign: number,
  ): void => {
    const [owner, other] = pair;
    for (const { weight, podAffinityTerm } of wishes) {
      const term = compileTerm(podAffinityTerm, owner.namespace);
      if (term.matches(other, cluster)) sums.add(term.topologyKey, labels, sign * weight);
    }
  };
  add(pod.preferredAffinity, [pod, existing], 1);
  add(pod.preferredAntiAffinity, [pod, existing], -1);
  add(existing.preferredAffinity, [existing, pod], 1);
  add(existing.preferredAntiAffinity, [existing, pod], -1);
  for (const required of existing.requiredAffinity) {
    const term = compileTerm(required, existing.namespace);
    if (term.matches(pod, cluster)) sums.add(term.topologyKey, labels, HARD_AFFINITY_WEIGHT);
  }
}
