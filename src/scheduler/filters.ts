import type { Judgement, NodeInfo } from "./cache/node-info.ts";
import type { PodFacts } from "./facts/pod-facts.ts";
import type {
  Cluster,
  FilterPlugin,
  NodeRejection,
  NodeTrial,
  PodChange,
  PreFilterPlugin,
  Rejection,
} from "./framework.ts";
import type { Profile } from "./profile.ts";

/** The filters that concern one pod, with what they computed for this cycle. */
export interface PodFilters {
  readonly pod: PodFacts;
  readonly active: readonly ActiveFilter[];
  /** So many of them, the first ones, are all that are local: what they say together is kept with the node. 0 where others stand between. */
  readonly localCount: number;
  /** The only nodes that can do, and which plugins said so. */
  readonly nodeNames?: ReadonlySet<string>;
  readonly namedBy: readonly string[];
}

interface ActiveFilter {
  readonly plugin: FilterPlugin & Partial<PreFilterPlugin>;
  readonly state: unknown;
}

/** Runs PreFilter: the filters that concern the pod, or the plugin that rules all nodes out. */
export function prepareFilters(
  pod: PodFacts,
  cluster: Cluster,
  profile: Profile,
): { filters: PodFilters } | { rejection: NodeRejection } {
  const states = new Map<string, unknown>();
  const skipped = new Set<string>();
  const namedBy: string[] = [];
  let nodeNames: ReadonlySet<string> | undefined;
  for (const plugin of profile.preFilter) {
    const result = plugin.preFilter(pod, cluster);
    if ("rejection" in result) return { rejection: { ...result.rejection, plugin: plugin.name } };
    if ("skip" in result) {
      skipped.add(plugin.name);
      continue;
    }
    states.set(plugin.name, result.state);
    if (result.nodeNames === undefined) continue;
    namedBy.push(plugin.name);
    nodeNames = intersect(nodeNames, result.nodeNames);
    if (nodeNames.size === 0) return { rejection: noNodeNamed(namedBy) };
  }
  const active = profile.filter
    .filter((plugin) => !skipped.has(plugin.name))
    .map((plugin) => ({ plugin, state: states.get(plugin.name) }));
  const localCount = countLocal(active);
  return {
    filters:
      nodeNames === undefined ? { pod, active, localCount, namedBy } : { pod, active, localCount, nodeNames, namedBy },
  };
}

function countLocal(active: readonly ActiveFilter[]): number {
  const count = active.filter(({ plugin }) => plugin.isLocal === true).length;
  return active.slice(0, count).every(({ plugin }) => plugin.isLocal === true) ? count : 0;
}

/** The first objection to the node, if any. */
export function checkNode({ pod, active, localCount }: PodFilters, node: NodeInfo): NodeRejection | undefined {
  if (localCount === 0) return firstObjection(pod, active, { node });
  const { rejection } = judgementOf(pod, active, { node, localCount });
  return rejection ?? firstObjection(pod, active, { node, from: localCount });
}

function judgementOf(
  pod: PodFacts,
  active: readonly ActiveFilter[],
  { node, localCount }: { node: NodeInfo; localCount: number },
): Judgement {
  const { needs } = pod;
  const known = node.judgement;
  if (known !== undefined && known.needs === needs) return known;
  const rejection = firstObjection(pod, active, { node, until: localCount });
  const judgement = { needs, rejection, score: undefined };
  node.judgement = judgement;
  return judgement;
}

function firstObjection(
  pod: PodFacts,
  active: readonly ActiveFilter[],
  { node, from = 0, until = active.length }: { node: NodeInfo; from?: number; until?: number },
): NodeRejection | undefined {
  for (let index = from; index < until; index++) {
    const { plugin, state } = active[index]!;
    const rejection = plugin.filter(pod, node, state);
    if (rejection !== undefined) return attributed(rejection, plugin.name);
  }
  return undefined;
}

/** Plugins give the same few rejections again and again: each gets its plugin's name once. */
const withPlugin = new WeakMap<Rejection, NodeRejection>();

function attributed(rejection: Rejection, plugin: string): NodeRejection {
  let found = withPlugin.get(rejection);
  if (found === undefined || found.plugin !== plugin) {
    found = { ...rejection, plugin };
    withPlugin.set(rejection, found);
  }
  return found;
}

interface FilterTrial extends NodeTrial {
  check(): NodeRejection | undefined;
}

/** Starts to try other pods on a node; the node itself is left alone. */
export function startTrial(filters: PodFilters, node: NodeInfo): FilterTrial {
  const copy = node.copy();
  let { active } = filters;
  const follows = active.some(({ plugin }) => plugin.changed !== undefined);
  const follow = (change: Pick<PodChange, "added" | "removed">): void => {
    if (!follows) return;
    const whole: PodChange = { ...change, pod: filters.pod, node: copy };
    active = active.map((filter) => {
      const { plugin, state } = filter;
      return plugin.changed === undefined ? filter : { plugin, state: plugin.changed(state, whole) };
    });
  };
  return {
    add(pod) {
      copy.addPod(pod);
      follow({ added: pod });
    },
    remove(pod) {
      copy.removePod(pod.uid);
      follow({ removed: pod });
    },
    check: () => firstObjection(filters.pod, active, { node: copy }),
  };
}

function intersect(a: ReadonlySet<string> | undefined, b: ReadonlySet<string>): ReadonlySet<string> {
  return a === undefined ? b : new Set([...a].filter((name) => b.has(name)));
}

function noNodeNamed(by: readonly string[]): NodeRejection {
  const who = by.length === 1 ? `plugin ${by[0]}` : `plugin(s) [${by.join(" ")}] simultaneously`;
  return { reasons: [`node(s) didn't satisfy ${who}`], unresolvable: true, plugin: by[0]! };
}
