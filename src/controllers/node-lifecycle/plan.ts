import { setCondition } from "../../api/conditions.ts";
import type { Node, NodeCondition, Taint } from "../../api/generated/core/v1.ts";
import type { LifecycleNode, ReadyStatus } from "./node-facts.ts";

export const NOT_READY = "node.kubernetes.io/not-ready";
export const UNREACHABLE = "node.kubernetes.io/unreachable";

const TROUBLE_TAINTS: Readonly<Record<string, string>> = {
  MemoryPressure: "node.kubernetes.io/memory-pressure",
  DiskPressure: "node.kubernetes.io/disk-pressure",
  PIDPressure: "node.kubernetes.io/pid-pressure",
  NetworkUnavailable: "node.kubernetes.io/network-unavailable",
};
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";
const OWN_NO_SCHEDULE = new Set([...Object.values(TROUBLE_TAINTS), UNSCHEDULABLE, NOT_READY, UNREACHABLE]);

/** The taint key that says how a node is; undefined for a node that is ready, or that nobody has spoken for yet. */
export function readinessTaint(ready: ReadyStatus | undefined): string | undefined {
  if (ready === "False") return NOT_READY;
  return ready === "Unknown" ? UNREACHABLE : undefined;
}

/**
 * The taints that the node should have: those that keep new pods away follow its conditions at once, those that drive
 * pods out (NoExecute) are given by the caller, who takes care not to do that to too many nodes at a time.
 * The same list comes back when nothing changes.
 */
export function planTaints(node: LifecycleNode, drivesOut: string | undefined, time: string): readonly Taint[] {
  const wanted = new Set(node.troubles.map((type) => TROUBLE_TAINTS[type]!));
  if (node.unschedulable) wanted.add(UNSCHEDULABLE);
  const readiness = readinessTaint(node.ready);
  if (readiness !== undefined) wanted.add(readiness);
  // Before the kubelet has spoken the taint that the node was registered with stays.
  const isOurs = ({ key, effect }: Taint): boolean => {
    if (effect === "NoExecute") return key === NOT_READY || key === UNREACHABLE;
    return effect === "NoSchedule" && OWN_NO_SCHEDULE.has(key) && (node.ready !== undefined || key !== NOT_READY);
  };
  const kept = node.taints.filter(
    (taint) => !isOurs(taint) || (taint.effect === "NoExecute" ? taint.key === drivesOut : wanted.has(taint.key)),
  );
  const has = (key: string, effect: string): boolean =>
    kept.some((taint) => taint.key === key && taint.effect === effect);
  const added: Taint[] = [...wanted]
    .filter((key) => !has(key, "NoSchedule"))
    .map((key) => ({ key, effect: "NoSchedule", timeAdded: time }));
  if (drivesOut !== undefined && !has(drivesOut, "NoExecute")) {
    added.push({ key: drivesOut, effect: "NoExecute", timeAdded: time });
  }
  return added.length === 0 && kept.length === node.taints.length ? node.taints : [...kept, ...added];
}

/** The taint that drives pods off the node now, if one does. */
export function currentNoExecute(node: LifecycleNode): string | undefined {
  return node.taints.find(({ key, effect }) => effect === "NoExecute" && (key === NOT_READY || key === UNREACHABLE))
    ?.key;
}

const KUBELET_CONDITIONS = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/** The conditions of a node that has not been heard of for too long: nobody knows. */
export function unknownConditions(node: Node, time: string): readonly NodeCondition[] {
  let conditions: readonly NodeCondition[] = node.status?.conditions ?? [];
  const created = node.metadata?.creationTimestamp;
  for (const type of KUBELET_CONDITIONS) {
    const current = conditions.find((condition) => condition.type === type);
    if (current?.status === "Unknown") continue;
    const unknown =
      current === undefined
        ? {
            reason: "NodeStatusNeverUpdated",
            message: "Kubelet never posted node status.",
            ...(created === undefined ? {} : { lastHeartbeatTime: created }),
          }
        : { reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status." };
    conditions = setCondition(
      conditions,
      { ...current, type, status: "Unknown", ...unknown, lastTransitionTime: time },
      time,
    );
  }
  return conditions;
}

const LABEL_PAIRS = [
  ["kubernetes.io/os", "beta.kubernetes.io/os"],
  ["kubernetes.io/arch", "beta.kubernetes.io/arch"],
] as const;

/** Old labels that should say the same as the new ones; empty when they do. */
export function labelsToCopy(labels: Readonly<Record<string, string>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [from, to] of LABEL_PAIRS) {
    const value = labels[from];
    if (value !== undefined && labels[to] !== value) found[to] = value;
  }
  return found;
}
