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
  const totals = new Array<number>(nodes.length).fill(0);
  const scores = new Array<number>(nodes.length).fill(0);
  for (const { plugin, weight } of profile.score) {
    if (skipped.has(plugin.name)) continue;
    const state = states.get(plugin.name);
    for (let index = 0; index < nodes.length; index++) scores[index] = plugin.score(pod, nodes[index]!, state, cluster);
    plugin.normalize?.(scores, nodes, state);
    for (let index = 0; index < totals.length; index++) totals[index]! += weight * scores[index]!;
  }
  return totals;
}
