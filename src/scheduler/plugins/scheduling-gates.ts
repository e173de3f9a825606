import type { PreEnqueuePlugin, QueueingHintPlugin } from "../framework.ts";
import { Action, onOwnUpdate } from "../queue/cluster-event.ts";

/** Holds a pod back until its last scheduling gate is gone (KEP-3521). */
export const schedulingGates: PreEnqueuePlugin & QueueingHintPlugin = {
  name: "SchedulingGates",
  retryOn: [onOwnUpdate(Action.updatePodGates)],
  preEnqueue(pod) {
    if (pod.needs.schedulingGates.length === 0) return undefined;
    return { reasons: [`waiting for scheduling gates: [${pod.needs.schedulingGates.join(" ")}]`], unresolvable: true };
  },
};
