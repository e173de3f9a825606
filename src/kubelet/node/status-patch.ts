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

/** The strategic merge patch from one status to the next; undefined when there is no difference. */
export function nodeStatusPatch(before: NodeStatus, after: NodeStatus): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const name of Object.keys(after) as (keyof NodeStatus)[]) {
    if (name === "conditions" || equalAsJson(before[name], after[name])) continue;
    patch[name] = name === "addresses" ? [...(after.addresses ?? []), { $patch: "replace" }] : after[name];
  }
  const conditions = (after.conditions ?? []).filter((condition) => !equalAsJson(old(before, condition), condition));
  if (conditions.length > 0) patch.conditions = conditions;
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function old(before: NodeStatus, { type }: NodeCondition): NodeCondition | undefined {
  return before.conditions?.find((condition) => condition.type === type);
}
