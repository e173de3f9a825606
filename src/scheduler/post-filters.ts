import type { Placement } from "./cycle.ts";
import type { PodFacts } from "./facts/pod-facts.ts";
import { startTrial } from "./filters.ts";
import type { Cluster, NodeTrial, PostFilterResult } from "./framework.ts";
import type { Profile } from "./profile.ts";

/** Asks the PostFilter plugins, in order, to make room; the first that nominates a node ends it. */
export function runPostFilters(
  pod: PodFacts,
  cluster: Cluster,
  failed: { profile: Profile; placement: Extract<Placement, { outcome: "unfit" }> },
): PostFilterResult {
  const { profile, placement } = failed;
  const { filters } = placement;
  // A plugin ruled all nodes out before any was looked at: no change of a node can help.
  const hopeless: NodeTrial = { add() {}, remove() {}, check: () => placement.preFilterRejection };
  const messages: string[] = [];
  let nominatedNodeName: string | undefined;
  for (const plugin of profile.postFilter) {
    const result = plugin.postFilter(pod, cluster, {
      byNode: placement.byNode,
      trial: (node) => (filters === undefined ? hopeless : startTrial(filters, node)),
    });
    if (result.nominatedNodeName) return { nominatedNodeName: result.nominatedNodeName };
    nominatedNodeName = result.nominatedNodeName ?? nominatedNodeName;
    if (result.message !== undefined) messages.push(result.message);
  }
  const message = messages.length === 0 ? {} : { message: messages.join(", ") };
  return nominatedNodeName === undefined ? message : { ...message, nominatedNodeName };
}
