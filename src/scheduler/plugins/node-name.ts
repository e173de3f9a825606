import type { FilterPlugin, PreFilterPlugin, QueueingHintPlugin } from "../framework.ts";
import { Action, onNode } from "../queue/cluster-event.ts";

/** A pod that names its node goes there or nowhere. */
export const nodeName: PreFilterPlugin<undefined> & FilterPlugin<undefined> & QueueingHintPlugin = {
  name: "NodeName",
  retryOn: [onNode(Action.add, (pod, node) => pod.nodeName === "" || pod.nodeName === node.name)],
  preFilter: (pod) => (pod.nodeName === "" ? { skip: true } : { state: undefined }),
  filter(pod, node) {
    if (pod.nodeName === "" || pod.nodeName === node.name) return undefined;
    return { reasons: ["node(s) didn't match the requested node name"], unresolvable: true };
  },
};
