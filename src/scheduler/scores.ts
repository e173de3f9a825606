import type { NodeInfo } from "./cache/node-info.ts";
import type { PodFacts } from "./facts/pod-facts.ts";
import type { Cluster } from "./framework.ts";
import type { Profile } from "./profile.ts";

/** The weighted sum of all plugins' scores, in the order of the nodes. */
export function scoreNodes(of: {
  pod: PodFacts;
  nodes: readonly NodeInfo[];
  cluster: Cluster;
  profile: Profile;
}): number[] {
  const { pod, nodes, cluster, profile } = of;
  const states = new Map<string, unknown>();
  const skipped = new Set<string>();
  for (const plugin of profile.preScore) {
    const result = plugin.preScore(pod, nodes, cluster);
    if ("skip" in result) skipped.add(plugin.name);
    else states.set(plugin.name, result.state);
  }
  const active = profile.score.filter(({ plugin }) => !skipped.has(plugin.name));
  const local = active.filter(isLocal);
  const totals = new Array<number>(nodes.length);
  for (let index = 0; index < nodes.length; index++) totals[index] = localScore(pod, nodes[index]!, { local, cluster });
  const scores = new Array<number>(nodes.length).fill(0);
  for (const { plugin, weight } of active) {
    if (isLocal({ plugin })) continue;
    const state = states.get(plugin.name);
    for (let index = 0; index < nodes.length; index++) scores[index] = plugin.score(pod, nodes[index]!, state, cluster);
    plugin.normalize?.(scores, nodes, state);
    for (let index = 0; index < totals.length; index++) totals[index]! += weight * scores[index]!;
  }
  return totals;
}

type Weighted = Profile["score"][number];

function isLocal({ plugin }: Pick<Weighted, "plugin">): boolean {
  return plugin.isLocal === true && plugin.normalize === undefined;
}

/** The weighted sum of what local plugins say, which is kept with the node until it changes. */
function localScore(
  pod: PodFacts,
  node: NodeInfo,
  { local, cluster }: { local: readonly Weighted[]; cluster: Cluster },
): number {
  const judgement = node.judgement?.needs === pod.needs ? node.judgement : undefined;
  if (judgement?.score !== undefined) return judgement.score;
  let sum = 0;
  for (const { plugin, weight } of local) sum += weight * plugin.score(pod, node, undefined, cluster);
  if (judgement !== undefined) judgement.score = sum;
  return sum;
}
