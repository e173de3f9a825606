import { findUntolerated, REPELLING_EFFECTS, tolerates } from "../../api/core/tolerations.ts";
import type { Toleration } from "../../api/generated/core/v1.ts";
import type { NodeFacts } from "../facts/node-facts.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import type { FilterPlugin, PreScorePlugin, QueueingHintPlugin, Rejection, ScorePlugin } from "../framework.ts";
import { Action, onNode, onOwnUpdate } from "../queue/cluster-event.ts";
import { scaleToHighest } from "./normalize.ts";

const UNTOLERATED: Rejection = { reasons: ["node(s) had untolerated taint(s)"], unresolvable: true };

/** Keeps pods off nodes whose taints they do not tolerate, and prefers nodes with few taints that ask to be avoided. */
export const taintToleration: FilterPlugin &
  PreScorePlugin<readonly Toleration[]> &
  ScorePlugin<readonly Toleration[]> &
  QueueingHintPlugin = {
  name: "TaintToleration",
  isLocal: true,
  retryOn: [
    onNode(Action.add | Action.updateNodeTaint, (pod, node, before) => {
      return accepts(pod, node) && !(before !== undefined && accepts(pod, before));
    }),
    onOwnUpdate(Action.updatePodTolerations),
  ],
  filter(pod, node) {
    if (accepts(pod, node.facts)) return undefined;
    return UNTOLERATED;
  },
  preScore(pod, nodes, cluster) {
    if (cluster.nodesToAvoid === 0 || !nodes.some(({ facts }) => facts.taints.some(asksToAvoid))) return { skip: true };
    return {
      state: pod.needs.tolerations.filter(({ effect }) => !effect || effect === "PreferNoSchedule"),
    };
  },
  score(_pod, node, tolerations) {
    let intolerable = 0;
    for (const taint of node.facts.taints) {
      if (taint.effect !== "PreferNoSchedule") continue;
      if (!tolerations.some((toleration) => tolerates(toleration, taint))) intolerable++;
    }
    return intolerable;
  },
  normalize: (scores) => scaleToHighest(scores, { reverse: true }),
};

const asksToAvoid = ({ effect }: { readonly effect: string }): boolean => effect === "PreferNoSchedule";

function accepts(pod: PodFacts, node: NodeFacts): boolean {
  return (
    node.taints.length === 0 || findUntolerated(node.taints, pod.needs.tolerations, REPELLING_EFFECTS) === undefined
  );
}
