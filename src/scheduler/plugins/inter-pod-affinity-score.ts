import type { WeightedPodAffinityTerm } from "../../api/generated/core/v1.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import type { PreScorePlugin, ScorePlugin } from "../framework.ts";
import { type CompiledTerm, compileTerm, DomainCounts } from "./affinity-terms.ts";
import { MAX_NODE_SCORE } from "./normalize.ts";

/** How much a pod that must be near the incoming one draws it. */
const HARD_AFFINITY_WEIGHT = 1;

/** Preferred affinity and anti-affinity: the incoming pod's own, and those of the pods that are there. */
export const interPodAffinityScore: PreScorePlugin<DomainCounts> & ScorePlugin<DomainCounts> = {
  name: "InterPodAffinity",
  preScore(pod, _nodes, cluster) {
    const own = ownWishes(pod);
    if (own.length === 0 && cluster.nodesWithAffinity.size === 0) return { skip: true };
    const sums = new DomainCounts();
    if (own.length > 0) {
      for (const node of cluster.nodes) {
        for (const existing of node.pods.values()) {
          for (const { term, weight } of own) {
            if (term.matches(existing, cluster)) sums.add(term.topologyKey, node.facts.labels, weight);
          }
        }
      }
    }
    for (const node of cluster.nodesWithAffinity) {
      for (const existing of node.podsWithAffinity) {
        for (const { term, weight } of wishesOf(existing)) {
          if (term.matches(pod, cluster)) sums.add(term.topologyKey, node.facts.labels, weight);
        }
      }
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

interface Wish {
  readonly term: CompiledTerm;
  /** Negative for a wish to be far. */
  readonly weight: number;
}

function ownWishes(pod: PodFacts): readonly Wish[] {
  const compile = (wishes: readonly WeightedPodAffinityTerm[], sign: number): Wish[] =>
    wishes.map(({ weight, podAffinityTerm }) => ({
      term: compileTerm(podAffinityTerm, pod.kind.namespace),
      weight: sign * weight,
    }));
  return [...compile(pod.needs.preferredAffinity, 1), ...compile(pod.needs.preferredAntiAffinity, -1)];
}

/** What pods that are there wish of others, kept as long as their facts. */
const placedWishes = new WeakMap<PodFacts, readonly Wish[]>();

function wishesOf(pod: PodFacts): readonly Wish[] {
  let wishes = placedWishes.get(pod);
  if (wishes === undefined) {
    const required = pod.needs.requiredAffinity.map((term) => ({
      term: compileTerm(term, pod.kind.namespace),
      weight: HARD_AFFINITY_WEIGHT,
    }));
    wishes = [...ownWishes(pod), ...required];
    placedWishes.set(pod, wishes);
  }
  return wishes;
}
