import { findCondition } from "../../api/conditions.ts";
import type { Node, Taint } from "../../api/generated/core/v1.ts";

export type ReadyStatus = "True" | "False" | "Unknown";

/** What the keeping of nodes needs to know of one. */
export interface LifecycleNode {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly unschedulable: boolean;
  readonly createdMs: number;
  /** Region and zone as one text; equal texts mean the same zone. */
  readonly zone: string;
  /** Undefined when nobody has said yet. */
  readonly ready: ReadyStatus | undefined;
  /** When the kubelet last said how the node is. */
  readonly heartbeat: string;
  /** Types of the pressure and network conditions that are True. */
  readonly troubles: readonly string[];
}

const TROUBLES = ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"];

/** The facts of a node. Pure. */
export function lifecycleNode(node: Node): LifecycleNode {
  const labels = node.metadata?.labels ?? {};
  const conditions = node.status?.conditions;
  const ready = findCondition(conditions, "Ready");
  return {
    name: node.metadata?.name ?? "",
    uid: node.metadata?.uid ?? "",
    resourceVersion: node.metadata?.resourceVersion ?? "",
    labels,
    taints: node.spec?.taints ?? [],
    unschedulable: node.spec?.unschedulable === true,
    createdMs: Date.parse(node.metadata?.creationTimestamp ?? "") || 0,
    zone: `${labels["topology.kubernetes.io/region"] ?? ""}:${labels["topology.kubernetes.io/zone"] ?? ""}`,
    ready: ready?.status as ReadyStatus | undefined,
    heartbeat: ready?.lastHeartbeatTime ?? "",
    troubles: TROUBLES.filter((type) => findCondition(conditions, type)?.status === "True"),
  };
}

/** True when nothing changed that calls for a look; heartbeats do not. */
export function sameLifecycle(before: LifecycleNode, after: LifecycleNode): boolean {
  return (
    before.uid === after.uid &&
    before.ready === after.ready &&
    before.unschedulable === after.unschedulable &&
    before.troubles.join() === after.troubles.join() &&
    JSON.stringify(before.taints) === JSON.stringify(after.taints) &&
    JSON.stringify(before.labels) === JSON.stringify(after.labels)
  );
}
