import { matchesRequiredAffinity } from "../../api/core/node-selector.ts";
import { findUntolerated, REPELLING_EFFECTS } from "../../api/core/tolerations.ts";
import type { TopologySpreadConstraint } from "../../api/generated/core/v1.ts";
import { labelSelectorOf } from "../../api/selectors.ts";
import type { NodeInfo } from "../cache/node-info.ts";
import type { PodFacts, PodKind } from "../facts/pod-facts.ts";

export type Labels = Readonly<Record<string, string>>;

/** A constraint, ready to be asked about pods and nodes. */
export interface CompiledConstraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  matches(pod: PodFacts): boolean;
  matchesKind(kind: PodKind): boolean;
  /** Whether the node's pods count: its policies say if affinity and taints are looked at. */
  counts(node: NodeInfo): boolean;
}

/** The pod's constraints of one sort. */
export function compileConstraints(
  pod: PodFacts,
  constraints: readonly TopologySpreadConstraint[],
  whenUnsatisfiable: "DoNotSchedule" | "ScheduleAnyway",
): CompiledConstraint[] {
  return constraints
    .filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable)
    .map((constraint) => compile(pod, constraint));
}

function compile(pod: PodFacts, constraint: TopologySpreadConstraint): CompiledConstraint {
  const selected = labelSelectorOf(constraint.labelSelector);
  const keys = (constraint.matchLabelKeys ?? []).filter((key) => pod.kind.labels[key] !== undefined);
  const known = new Map<PodKind, boolean>();
  const matchesKind = (kind: PodKind): boolean => {
    const before = known.get(kind);
    if (before !== undefined) return before;
    if (known.size >= KINDS_REMEMBERED) known.clear();
    const matches =
      kind.namespace === pod.kind.namespace &&
      selected(kind.labels) &&
      keys.every((key) => kind.labels[key] === pod.kind.labels[key]);
    known.set(kind, matches);
    return matches;
  };
  return {
    topologyKey: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains ?? 1,
    matchesKind,
    matches: (other) => !other.standing.beingDeleted && matchesKind(other.kind),
    counts(node) {
      if (constraint.nodeAffinityPolicy !== "Ignore" && !matchesRequiredAffinity(pod.needs, node.facts)) return false;
      if (constraint.nodeTaintsPolicy !== "Honor") return true;
      return findUntolerated(node.facts.taints, pod.needs.tolerations, REPELLING_EFFECTS) === undefined;
    },
  };
}

/** A constraint lives as long as pods of its workload come one after another. */
const KINDS_REMEMBERED = 1000;

/** True when the node has a value for each constraint's key. */
export function hasAllKeys(constraints: readonly CompiledConstraint[], labels: Labels): boolean {
  return constraints.every(({ topologyKey }) => labels[topologyKey] !== undefined);
}

/** How many pods on the node the constraint is about. */
export function countMatching(constraint: CompiledConstraint, node: NodeInfo): number {
  const { kinds } = node;
  // Asked for hundreds of nodes a pod, most of which have nothing: no iterator for those, and no pairs for the others.
  if (kinds.size === 0) return 0;
  let count = 0;
  for (const kind of kinds.keys()) if (constraint.matchesKind(kind)) count += kinds.get(kind)!;
  return count;
}
