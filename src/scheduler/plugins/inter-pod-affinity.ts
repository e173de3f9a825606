import type { PodFacts } from "../facts/pod-facts.ts";
import type { Cluster, FilterPlugin, PodChange, PreFilterPlugin, QueueingHintPlugin } from "../framework.ts";
import { Action, onAssignedPod, onNode } from "../queue/cluster-event.ts";
import { type CompiledTerm, compileTerms, DomainCounts } from "./affinity-terms.ts";

/** Counts by domain of what matters to the pod, and the terms that made them. */
interface AffinityState {
  readonly cluster: Cluster;
  readonly affinity: readonly CompiledTerm[];
  readonly antiAffinity: readonly CompiledTerm[];
  /** Pods that reject the incoming one. */
  readonly rejectedBy: DomainCounts;
  /** Pods that meet all terms of affinity, counted for each term. */
  readonly wanted: DomainCounts;
  /** Pods that meet a term of anti-affinity. */
  readonly unwanted: DomainCounts;
}

type Labels = Readonly<Record<string, string>>;

/** Required affinity and anti-affinity between pods. */
export const interPodAffinity: PreFilterPlugin<AffinityState> & FilterPlugin<AffinityState> & QueueingHintPlugin = {
  name: "InterPodAffinity",
  retryOn: [
    onAssignedPod(Action.add | Action.delete | Action.updatePodLabel, (pod, { before, after }) => {
      return concerns(pod, before) || concerns(pod, after);
    }),
    onNode(Action.add | Action.updateNodeLabel, (pod, after, before) => {
      const keys = [...pod.needs.requiredAffinity, ...pod.needs.requiredAntiAffinity].map(
        ({ topologyKey }) => topologyKey,
      );
      return before === undefined || keys.length === 0 || keys.some((key) => before.labels[key] !== after.labels[key]);
    }),
  ],
  preFilter(pod, cluster) {
    const rejectedBy = new DomainCounts();
    for (const node of cluster.nodesWithRequiredAntiAffinity) {
      for (const existing of node.podsWithRequiredAntiAffinity)
        countRejection(rejectedBy, { pod, existing, cluster }, node.facts.labels, 1);
    }
    const affinity = compileTerms(pod.needs.requiredAffinity, pod);
    const antiAffinity = compileTerms(pod.needs.requiredAntiAffinity, pod);
    if (rejectedBy.isEmpty && affinity.length === 0 && antiAffinity.length === 0) return { skip: true };
    const state = {
      cluster,
      affinity,
      antiAffinity,
      rejectedBy,
      wanted: new DomainCounts(),
      unwanted: new DomainCounts(),
    };
    if (affinity.length > 0 || antiAffinity.length > 0) {
      for (const node of cluster.nodes) {
        for (const existing of node.pods.values()) countWishes(state, existing, node.facts.labels, 1);
      }
    }
    return { state };
  },
  changed(state, change) {
    const copy = {
      ...state,
      rejectedBy: state.rejectedBy.copy(),
      wanted: state.wanted.copy(),
      unwanted: state.unwanted.copy(),
    };
    applyChange(copy, change);
    return copy;
  },
  filter(pod, node, state) {
    const { labels } = node.facts;
    if (!affinityMet(pod, labels, state)) {
      return { reasons: ["node(s) didn't match pod affinity rules"], unresolvable: true };
    }
    if (state.antiAffinity.some((term) => state.unwanted.of(term.topologyKey, labels) > 0)) {
      return { reasons: ["node(s) didn't match pod anti-affinity rules"] };
    }
    if (state.rejectedBy.total(labels) > 0) {
      return { reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"] };
    }
    return undefined;
  },
};

function affinityMet(pod: PodFacts, labels: Labels, state: AffinityState): boolean {
  if (state.affinity.length === 0) return true;
  if (state.affinity.some((term) => labels[term.topologyKey] === undefined)) return false;
  if (state.affinity.every((term) => state.wanted.of(term.topologyKey, labels) > 0)) return true;
  // The first of a group of pods that want to be together has nobody to join: it may go anywhere.
  return state.wanted.isEmpty && state.affinity.every((term) => term.matches(pod, state.cluster));
}

function countRejection(
  counts: DomainCounts,
  of: { pod: PodFacts; existing: PodFacts; cluster: Cluster },
  labels: Labels,
  amount: number,
): void {
  for (const term of compileTerms(of.existing.needs.requiredAntiAffinity, of.existing)) {
    if (term.matches(of.pod, of.cluster)) counts.add(term.topologyKey, labels, amount);
  }
}

function countWishes(state: AffinityState, existing: PodFacts, labels: Labels, amount: number): void {
  const { affinity, antiAffinity, cluster } = state;
  if (affinity.length > 0 && affinity.every((term) => term.matches(existing, cluster))) {
    for (const term of affinity) state.wanted.add(term.topologyKey, labels, amount);
  }
  for (const term of antiAffinity) {
    if (term.matches(existing, cluster)) state.unwanted.add(term.topologyKey, labels, amount);
  }
}

function applyChange(state: AffinityState, { pod, node, added, removed }: PodChange): void {
  const { labels } = node.facts;
  const changes: [PodFacts | undefined, number][] = [
    [added, 1],
    [removed, -1],
  ];
  for (const [existing, amount] of changes) {
    if (existing === undefined) continue;
    countRejection(state.rejectedBy, { pod, existing, cluster: state.cluster }, labels, amount);
    countWishes(state, existing, labels, amount);
  }
}

/** True when the other pod's coming, going or changing may change what the waiting pod's affinities find. */
function concerns(pod: PodFacts, other: PodFacts | undefined): boolean {
  if (other === undefined) return false;
  // Namespaces by labels are not known here: such terms are taken to match.
  const anyNamespace = { namespaceLabels: () => undefined };
  const own = [...pod.needs.requiredAffinity, ...pod.needs.requiredAntiAffinity];
  if (own.some((term) => term.namespaceSelector !== undefined)) return true;
  if (compileTerms(own, pod).some((term) => term.matches(other, anyNamespace))) return true;
  if (other.needs.requiredAntiAffinity.some((term) => term.namespaceSelector !== undefined)) return true;
  return compileTerms(other.needs.requiredAntiAffinity, other).some((term) => term.matches(pod, anyNamespace));
}
