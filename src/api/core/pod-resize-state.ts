import { findCondition } from "../conditions.ts";
import type { Pod } from "../generated/core/v1.ts";

/** Whether the pod's node can never give it what its spec asks for: it holds what it has. */
export function isResizeInfeasible({ status }: Pod): boolean {
  return findCondition(status?.conditions, "PodResizePending")?.reason === "Infeasible";
}
