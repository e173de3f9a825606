import { portsCollide } from "../../api/core/host-ports.ts";
import type { FilterPlugin, PreFilterPlugin, QueueingHintPlugin, Rejection } from "../framework.ts";
import { Action, onAssignedPod, onNode } from "../queue/cluster-event.ts";

const PORT_TAKEN: Rejection = { reasons: ["node(s) didn't have free ports for the requested pod ports"] };

/** A host port belongs to one pod a node. */
export const nodePorts: PreFilterPlugin<undefined> & FilterPlugin<undefined> & QueueingHintPlugin = {
  name: "NodePorts",
  isLocal: true,
  retryOn: [
    onAssignedPod(Action.delete, (pod, { before }) => {
      return (
        before?.needs.hostPorts.some((held) => pod.needs.hostPorts.some((wanted) => portsCollide(held, wanted))) ??
        false
      );
    }),
    onNode(Action.add),
  ],
  preFilter: (pod) => (pod.needs.hostPorts.length === 0 ? { skip: true } : { state: undefined }),
  filter(pod, node) {
    if (!pod.needs.hostPorts.some((port) => node.portTaken(port))) return undefined;
    return PORT_TAKEN;
  },
};
