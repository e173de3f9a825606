import type { NodeCondition, NodeStatus } from "../../api/generated/core/v1.ts";
import { equalAsJson } from "../status/plain-json.ts";

/** Whether a new status says anything new: heartbeat times alone do not. */
export function saysSomethingNew(before: NodeStatus, after: NodeStatus): boolean {
  return nodeStatusPatch(withoutHeartbeats(before), withoutHeartbeats(after)) !== undefined;
}

function withoutHeartbeats(status: NodeStatus): NodeStatus {
  const conditions = status.conditions?.map(({ lastHeartbeatTime: _, ...rest }) => rest);
  return { ...status, ...(conditions && { conditions }) };
}

/** What a runtime may tell, and another one in its place not. Other fields that are missing are somebody else's. */
const TOLD_AT_TIMES = ["runtimeHandlers", "features"] as const;

/** The strategic merge patch from one status to the next; undefined when there is no difference. */
export function nodeStatusPatch(before: NodeStatus, after: NodeStatus): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const name of Object.keys(after) as (keyof NodeStatus)[]) {
    if (name === "conditions" || saysTheSame(before[name], after[name])) continue;
    patch[name] = name === "addresses" ? [...(after.addresses ?? []), { $patch: "replace" }] : after[name];
  }
  for (const name of TOLD_AT_TIMES) {
    if (before[name] !== undefined && after[name] === undefined) patch[name] = null;
  }
  const conditions = (after.conditions ?? []).filter((condition) => !equalAsJson(old(before, condition), condition));
  if (conditions.length > 0) patch.conditions = conditions;
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** An empty list the API does not keep. */
function saysTheSame(before: unknown, after: unknown): boolean {
  const isEmpty = Array.isArray(after) && after.length === 0;
  return equalAsJson(before, after) || (before === undefined && isEmpty);
}

function old(before: NodeStatus, { type }: NodeCondition): NodeCondition | undefined {
  return before.conditions?.find((condition) => condition.type === type);
}
