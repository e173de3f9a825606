import type { PodAffinityTerm } from "../../api/generated/core/v1.ts";
import { labelSelectorOf } from "../../api/selectors.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import type { Cluster, FilterPlugin, PodChange, PreFilterPlugin, QueueingHintPlugin } from "../framework.ts";
import { Action, onAssignedPod, onNode, onOwnUpdate } from "../queue/cluster-event.ts";
import { type CompiledTerm, compileTerm, compileTerms, DomainCounts } from "./affinity-terms.ts";

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
      const [was, is] = [relationTo(pod, before), relationTo(pod, after)];
      // Of a group of which nobody is left the first may go anywhere.
      const leaves = after === undefined && was.isSought;
      return (is.isSought && !was.isSought) || (was.isAvoided && !is.isAvoided) || leaves;
    }),
    onNode(Action.add | Action.updateNodeLabel, (pod, after, before) => {
      const { requiredAffinity, requiredAntiAffinity } = pod.needs;
      const terms = [...requiredAffinity, ...requiredAntiAffinity];
      if (terms.length === 0) return true;
      if (before !== undefined) return terms.some((term) => differs(before.labels, after.labels, term.topologyKey));
      return requiredAntiAffinity.length > 0 || terms.some(({ topologyKey }) => topologyKey in after.labels);
    }),
    // It may be the first of its group now, or one that others do not avoid.
    onOwnUpdate(Action.updatePodLabel),
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

/** Namespaces by labels are not known where events are judged: such terms are taken to match. */
const ANY_NAMESPACE = { namespaceLabels: () => undefined };

/** What a pod that has a node is to one that waits. */
interface Relation {
  /** It meets all that the waiting one wants to be near. */
  readonly isSought: boolean;
  /** One of the two wants to be apart from the other. */
  readonly isAvoided: boolean;
}

function relationTo(pod: PodFacts, other: PodFacts | undefined): Relation {
  if (other === undefined) return { isSought: false, isAvoided: false };
  const { requiredAffinity, requiredAntiAffinity } = pod.needs;
  const isSought = requiredAffinity.length > 0 && requiredAffinity.every((term) => mayMean(term, pod, other));
  const isAvoided =
    requiredAntiAffinity.some((term) => mayMean(term, pod, other)) ||
    other.needs.requiredAntiAffinity.some((term) => mayMean(term, other, pod));
  return { isSought, isAvoided };
}

function mayMean(term: PodAffinityTerm, of: PodFacts, other: PodFacts): boolean {
  if (term.namespaceSelector === undefined) return compileTerm(term, of.kind.namespace).matches(other, ANY_NAMESPACE);
  return labelSelectorOf(term.labelSelector)(other.kind.labels);
}

function differs(before: Labels, after: Labels, key: string): boolean {
  return before[key] !== after[key];
}
