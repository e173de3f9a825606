import type { Rejection } from "./framework.ts";

/** What people read when there is no node at all. */
export const NO_NODES_MESSAGE = "no nodes available to schedule pods";

/**
 * Why no node would do, as upstream puts it: `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.
 * preemption: …`.
 */
export function fitErrorMessage(error: {
  nodeCount: number;
  preFilterReason?: string | undefined;
  byNode: ReadonlyMap<string, Rejection>;
  absentReason?: string | undefined;
  postFilterMessage?: string | undefined;
}): string {
  let text = `0/${error.nodeCount} nodes are available:`;
  if (error.preFilterReason !== undefined) text += ` ${error.preFilterReason}.`;
  else {
    const counts = countReasons(error);
    if (counts.length > 0) text += ` ${counts.join(", ")}.`;
  }
  if (error.postFilterMessage) text += ` ${error.postFilterMessage}`;
  return text;
}

function countReasons(error: {
  nodeCount: number;
  byNode: ReadonlyMap<string, Rejection>;
  absentReason?: string | undefined;
}): string[] {
  const counts = new Map<string, number>();
  const count = (reason: string, by: number): void => void counts.set(reason, (counts.get(reason) ?? 0) + by);
  for (const rejection of error.byNode.values()) for (const reason of rejection.reasons) count(reason, 1);
  const absent = error.nodeCount - error.byNode.size;
  if (absent > 0 && error.absentReason !== undefined) count(error.absentReason, absent);
  return [...counts].map(([reason, by]) => `${by} ${reason}`).sort();
}

const MOST_CHARACTERS = 1024;

/** A text short enough for an Event's message. */
export function truncateMessage(message: string): string {
  if (message.length <= MOST_CHARACTERS) return message;
  const ending = " ...";
  return message.slice(0, MOST_CHARACTERS - ending.length) + ending;
}
