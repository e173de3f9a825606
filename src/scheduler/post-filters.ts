import type { Placement } from "./cycle.ts";
import type { PodFacts } from "./facts/pod-facts.ts";
import { tryNode } from "./filters.ts";
import type { Cluster, PostFilterResult } from "./framework.ts";
import type { Profile } from "./profile.ts";

/** Asks the PostFilter plugins, in order, to make room; the first that nominates a node ends it. */
export function runPostFilters(
  pod: PodFacts,
  cluster: Cluster,
  failed: { profile: Profile; placement: Extract<Placement, { outcome: "unfit" }> },
): PostFilterResult {
  const { profile, placement } = failed;
  const { filters } = placement;
  const messages: string[] = [];
  let nominatedNodeName: string | undefined;
  for (const plugin of profile.postFilter) {
    const result = plugin.postFilter(pod, cluster, {
      byNode: placement.byNode,
      trial: (node, changes) => {
        if (filters === undefined) return placement.preFilterRejection;
        return tryNode(filters, node, changes);
      },
    });
    if (result.nominatedNodeName) return { nominatedNodeName: result.nominatedNodeName };
    nominatedNodeName = result.nominatedNodeName ?? nominatedNodeName;
    if (result.message !== undefined) messages.push(result.message);
  }
  const message = messages.length === 0 ? {} : { message: messages.join(", ") };
  return nominatedNodeName === undefined ? message : { ...message, nominatedNodeName };
}
