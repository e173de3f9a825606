import { tolerates } from "../../api/core/tolerations.ts";
import type { Taint } from "../../api/generated/core/v1.ts";
import type { NodeFacts } from "../facts/node-facts.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import type { FilterPlugin, QueueingHintPlugin, Rejection } from "../framework.ts";
import { Action, onNode, onOwnUpdate } from "../queue/cluster-event.ts";

/** Cordoned nodes have this taint as well, a moment later; a pod that tolerates it may go there. */
const UNSCHEDULABLE: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

const CORDONED: Rejection = { reasons: ["node(s) were unschedulable"], unresolvable: true };

/** Keeps pods off nodes with `spec.unschedulable`. */
export const nodeUnschedulable: FilterPlugin & QueueingHintPlugin = {
  name: "NodeUnschedulable",
  isLocal: true,
  retryOn: [
    onNode(Action.add | Action.updateNodeTaint, (pod, node, before) => {
      return accepts(pod, node) && !(before !== undefined && accepts(pod, before));
    }),
    onOwnUpdate(Action.updatePodTolerations, toleratesCordon),
  ],
  filter(pod, node) {
    if (accepts(pod, node.facts)) return undefined;
    return CORDONED;
  },
};

function accepts(pod: PodFacts, node: NodeFacts): boolean {
  return !node.unschedulable || toleratesCordon(pod);
}

function toleratesCordon(pod: PodFacts): boolean {
  return pod.needs.tolerations.some((toleration) => tolerates(toleration, UNSCHEDULABLE));
}
