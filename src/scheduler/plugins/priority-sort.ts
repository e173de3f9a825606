import type { QueueSortPlugin } from "../framework.ts";

/** Higher priority first; among equals, who came first. */
export const prioritySort: QueueSortPlugin = {
  name: "PrioritySort",
  less(a, b) {
    if (a.pod.priority !== b.pod.priority) return a.pod.priority > b.pod.priority;
    if (a.enqueuedMs !== b.enqueuedMs) return a.enqueuedMs < b.enqueuedMs;
    return a.sequence < b.sequence;
  },
};
