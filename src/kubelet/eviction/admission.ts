import { tolerates } from "../../api/core/tolerations.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import type { Rejection } from "../pods/admission.ts";
import { qosClass } from "../pods/resources.ts";
import type { PressureCondition } from "./signals.ts";

const SYSTEM_CRITICAL_PRIORITY = 2_000_000_000;

/** Whether the node needs the pod more than anything that it could give it. */
export function isCritical(pod: Pod): boolean {
  return (pod.spec?.priority ?? 0) >= SYSTEM_CRITICAL_PRIORITY;
}

/**
 * Why a node that is short of something takes no such pod; undefined when it does. Short of memory alone it still takes pods
 * that say how much they need, or that tolerate it.
 */
export function pressureRejection(pod: Pod, conditions: readonly PressureCondition[]): Rejection | undefined {
  if (conditions.length === 0 || isCritical(pod)) return undefined;
  if (conditions.length === 1 && conditions[0] === "MemoryPressure") {
    if (qosClass(pod) !== "BestEffort") return undefined;
    const taint = { key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule" };
    if (pod.spec?.tolerations?.some((toleration) => tolerates(toleration, taint))) return undefined;
  }
  return { reason: "Evicted", message: `The node had condition: [${conditions.join(" ")}]. ` };
}
