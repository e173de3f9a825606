import type { PodCondition } from "../../api/generated/core/v1.ts";
import type { PodResize } from "./pod-resize.ts";

/** Conditions that are there only while there is something to tell, and are taken away after. */
export const RESIZE_CONDITIONS: ReadonlySet<string> = new Set(["PodResizePending", "PodResizeInProgress"]);

export type ResizeCondition = Pick<PodCondition, "type" | "status" | "reason" | "message" | "observedGeneration">;

/** What a pod's status tells of its resize, without times. Pure. */
export function resizeConditions({
  pending,
  inProgress,
}: Pick<PodResize, "pending" | "inProgress">): ResizeCondition[] {
  const conditions: ResizeCondition[] = [];
  if (pending !== undefined) {
    const { reason, message, generation } = pending;
    conditions.push({ type: "PodResizePending", status: "True", reason, message, ...observed(generation) });
  }
  if (inProgress !== undefined) {
    const { error, generation } = inProgress;
    const failed = error === undefined ? {} : { reason: "Error", message: error };
    conditions.push({ type: "PodResizeInProgress", status: "True", ...failed, ...observed(generation) });
  }
  return conditions;
}

function observed(generation: number | undefined): { observedGeneration?: number } {
  return generation === undefined ? {} : { observedGeneration: generation };
}
