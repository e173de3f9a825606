import type { QueueSortPlugin } from "../framework.ts";

/** Higher priority first; among equals, who came first. */
export const prioritySort: QueueSortPlugin = {
  name: "PrioritySort",
  less(a, b) {
    if (a.pod.needs.priority !== b.pod.needs.priority) return a.pod.needs.priority > b.pod.needs.priority;
    if (a.enqueuedMs !== b.enqueuedMs) return a.enqueuedMs < b.enqueuedMs;
    return a.sequence < b.sequence;
  },
};
