import type { TopologySpreadConstraint } from "../../api/generated/core/v1.ts";
import type { NodeInfo } from "../cache/node-info.ts";
import type { PodFacts, PodKind, PodNeeds } from "../facts/pod-facts.ts";
import type { Cluster, PreScorePlugin, ScorePlugin } from "../framework.ts";
import { MAX_NODE_SCORE } from "./normalize.ts";
import {
  type CompiledConstraint,
  compileConstraints,
  countMatching,
  hasAllKeys,
  type Labels,
} from "./spread-constraints.ts";

const HOSTNAME = "kubernetes.io/hostname";

interface SpreadScores {
  readonly constraints: readonly CompiledConstraint[];
  /** For each constraint that is not about single nodes, matching pods by domain. */
  readonly counts: readonly Map<string, number>[];
  /** For each constraint how much it counts: more domains, more weight. */
  readonly weights: readonly number[];
  /** Nodes that lack a key: the worst choice. */
  readonly ignored: ReadonlySet<NodeInfo>;
}

/** Prefers nodes that spread the pods of one kind evenly. */
export function podTopologySpreadScore(
  defaultsFor: (pod: PodFacts) => readonly TopologySpreadConstraint[],
): PreScorePlugin<SpreadScores> & ScorePlugin<SpreadScores> {
  const compiled = rememberedConstraints();
  return {
    name: "PodTopologySpread",
    preScore(pod, nodes, cluster) {
      const explicit = pod.needs.spreadConstraints.length > 0;
      const constraints = compiled(pod, explicit ? pod.needs.spreadConstraints : defaultsFor(pod));
      if (constraints.length === 0) return { skip: true };
      const ignored = new Set(explicit ? nodes.filter((node) => !hasAllKeys(constraints, node.facts.labels)) : []);
      const counts = domainsOf(constraints, { nodes, ignored, cluster });
      countPods(constraints, counts, { cluster, needsAllKeys: explicit });
      const weights = constraints.map(({ topologyKey }, index) => {
        const size = topologyKey === HOSTNAME ? nodes.length - ignored.size : counts[index]!.size;
        return Math.log(size + 2);
      });
      return { state: { constraints, counts, weights, ignored } };
    },
    score(_pod, node, { constraints, counts, weights, ignored }) {
      if (ignored.size > 0 && ignored.has(node)) return 0;
      let score = 0;
      for (let index = 0; index < constraints.length; index++) {
        const constraint = constraints[index]!;
        const count =
          constraint.topologyKey === HOSTNAME
            ? countOnHost(constraint, node)
            : countInDomain(counts[index]!, node.facts.labels, constraint.topologyKey);
        if (count !== NOWHERE) score += count * weights[index]! + (constraint.maxSkew - 1);
      }
      return Math.round(score);
    },
    normalize(scores, nodes, { ignored }) {
      let least = Number.POSITIVE_INFINITY;
      let most = 0;
      const isIgnored = (index: number): boolean => ignored.size > 0 && ignored.has(nodes[index]!);
      for (let index = 0; index < scores.length; index++) {
        if (isIgnored(index)) continue;
        least = Math.min(least, scores[index]!);
        most = Math.max(most, scores[index]!);
      }
      for (let index = 0; index < scores.length; index++) {
        if (isIgnored(index)) scores[index] = 0;
        else if (most === 0) scores[index] = MAX_NODE_SCORE;
        else scores[index] = Math.floor((MAX_NODE_SCORE * (most + least - scores[index]!)) / most);
      }
    },
  };
}

/** Pods of one workload have the same constraints, which are compiled once for those that come one after another. */
function rememberedConstraints() {
  let last: { kind: PodKind; needs: PodNeeds; of: string; compiled: readonly CompiledConstraint[] } | undefined;
  return (pod: PodFacts, constraints: readonly TopologySpreadConstraint[]): readonly CompiledConstraint[] => {
    const { kind, needs } = pod;
    const of = JSON.stringify(constraints);
    if (last === undefined || last.kind !== kind || last.needs !== needs || last.of !== of) {
      last = { kind, needs, of, compiled: compileConstraints(pod, constraints, "ScheduleAnyway") };
    }
    return last.compiled;
  };
}

/** The node lacks the constraint's label. */
const NOWHERE = -1;

function countInDomain(counts: ReadonlyMap<string, number>, labels: Labels, key: string): number {
  // Mostly no node has a zone.
  if (counts.size === 0) return NOWHERE;
  const value = labels[key];
  return value === undefined ? NOWHERE : (counts.get(value) ?? 0);
}

/** Kept with the node. */
function countOnHost(constraint: CompiledConstraint, node: NodeInfo): number {
  if (node.countedBy === constraint) return node.counted;
  node.counted = node.facts.labels[HOSTNAME] === undefined ? NOWHERE : countMatching(constraint, node);
  node.countedBy = constraint;
  return node.counted;
}

/** The domains that the nodes to choose from are in, with nothing counted yet. */
function domainsOf(
  constraints: readonly CompiledConstraint[],
  of: { nodes: readonly NodeInfo[]; ignored: ReadonlySet<NodeInfo>; cluster: Cluster },
): Map<string, number>[] {
  const { nodes, ignored, cluster } = of;
  return constraints.map(({ topologyKey }) => {
    const domains = new Map<string, number>();
    if (topologyKey === HOSTNAME || cluster.nodesWithLabel(topologyKey) === 0) return domains;
    for (const node of nodes) {
      const value = node.facts.labels[topologyKey];
      if (value !== undefined && !ignored.has(node)) domains.set(value, 0);
    }
    return domains;
  });
}

/** Counts matching pods of all nodes in those domains; nothing to do where nodes have no domains. */
function countPods(
  constraints: readonly CompiledConstraint[],
  counts: readonly Map<string, number>[],
  of: { cluster: Cluster; needsAllKeys: boolean },
): void {
  if (counts.every((domains) => domains.size === 0)) return;
  for (const node of of.cluster.nodes) {
    const { labels } = node.facts;
    if (of.needsAllKeys && !hasAllKeys(constraints, labels)) continue;
    for (const [index, constraint] of constraints.entries()) {
      const value = labels[constraint.topologyKey];
      const known = value === undefined ? undefined : counts[index]!.get(value);
      if (value === undefined || known === undefined || !constraint.counts(node)) continue;
      counts[index]!.set(value, known + countMatching(constraint, node));
    }
  }
}
