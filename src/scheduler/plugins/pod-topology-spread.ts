import type { FilterPlugin, PreFilterPlugin, QueueingHintPlugin } from "../framework.ts";
import { Action, onAssignedPod, onNodeChange, onOwnUpdate } from "../queue/cluster-event.ts";
import { type CompiledConstraint, compileConstraints, countMatching, hasAllKeys } from "./spread-constraints.ts";

/** For each constraint, how many matching pods each domain has. */
interface SpreadState {
  readonly constraints: readonly CompiledConstraint[];
  readonly counts: readonly ReadonlyMap<string, number>[];
  /** For each constraint the count that skew is measured from. */
  readonly least: readonly number[];
}

/** Pods that must be spread evenly over zones, nodes or other domains. */
export const podTopologySpread: PreFilterPlugin<SpreadState> & FilterPlugin<SpreadState> & QueueingHintPlugin = {
  name: "PodTopologySpread",
  retryOn: [
    onAssignedPod(Action.add | Action.delete | Action.updatePodLabel, (pod, { before, after }) => {
      const constraints = compileConstraints(pod, pod.needs.spreadConstraints, "DoNotSchedule");
      return constraints.some(({ matchesKind }) => {
        const [was, is] = [before, after].map((other) => other !== undefined && matchesKind(other.kind));
        return was !== is;
      });
    }),
    onNodeChange(
      Action.add | Action.delete | Action.updateNodeLabel | Action.updateNodeTaint,
      (pod, { before, after }) => {
        const constraints = compileConstraints(pod, pod.needs.spreadConstraints, "DoNotSchedule");
        const [was, is] = [before, after].map((node) => node !== undefined && hasAllKeys(constraints, node.labels));
        if (was !== is || before === undefined || after === undefined) return was !== is;
        const isElsewhere = constraints.some(({ topologyKey: key }) => before.labels[key] !== after.labels[key]);
        return is === true && (isElsewhere || JSON.stringify(before.taints) !== JSON.stringify(after.taints));
      },
    ),
    // Its own labels decide which domain is full of its like.
    onOwnUpdate(Action.updatePodLabel),
  ],
  preFilter(pod, cluster) {
    const constraints = compileConstraints(pod, pod.needs.spreadConstraints, "DoNotSchedule");
    if (constraints.length === 0) return { skip: true };
    const counts = constraints.map(() => new Map<string, number>());
    for (const node of cluster.nodes) {
      const { labels } = node.facts;
      if (!hasAllKeys(constraints, labels)) continue;
      constraints.forEach((constraint, index) => {
        if (!constraint.counts(node)) return;
        const value = labels[constraint.topologyKey]!;
        counts[index]!.set(value, (counts[index]!.get(value) ?? 0) + countMatching(constraint, node));
      });
    }
    return { state: stateOf(constraints, counts) };
  },
  changed(state, { node, added, removed }) {
    const { constraints, counts } = state;
    const { labels } = node.facts;
    if (!hasAllKeys(constraints, labels)) return state;
    const changed = counts.map((domains, index) => {
      const constraint = constraints[index]!;
      const value = labels[constraint.topologyKey]!;
      const known = domains.get(value);
      if (known === undefined || !constraint.counts(node)) return domains;
      const more = added !== undefined && constraint.matches(added) ? 1 : 0;
      const fewer = removed !== undefined && constraint.matches(removed) ? 1 : 0;
      return new Map(domains).set(value, known + more - fewer);
    });
    return stateOf(constraints, changed);
  },
  filter(pod, node, { constraints, counts, least }) {
    const { labels } = node.facts;
    for (const [index, constraint] of constraints.entries()) {
      const value = labels[constraint.topologyKey];
      if (value === undefined) {
        const reason = "node(s) didn't match pod topology spread constraints (missing required label)";
        return { reasons: [reason], unresolvable: true };
      }
      const own = constraint.matches(pod) ? 1 : 0;
      const skew = (counts[index]!.get(value) ?? 0) + own - least[index]!;
      if (skew > constraint.maxSkew) return { reasons: ["node(s) didn't match pod topology spread constraints"] };
    }
    return undefined;
  },
};

function stateOf(
  constraints: readonly CompiledConstraint[],
  counts: readonly ReadonlyMap<string, number>[],
): SpreadState {
  return {
    constraints,
    counts,
    least: counts.map((domains, index) => leastOf(domains, constraints[index]!.minDomains)),
  };
}

/** The least count of any domain; with fewer domains than there should be, that of one that is yet to come. */
function leastOf(domains: ReadonlyMap<string, number>, minDomains: number): number {
  if (domains.size < minDomains) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (const count of domains.values()) if (count < least) least = count;
  return least === Number.POSITIVE_INFINITY ? 0 : least;
}
