import type { ContainerStatus, Pod } from "../../api/generated/core/v1.ts";
import { isSidecar } from "../pods/pod.ts";

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

/** Where the pod is in its life, from the statuses of its containers (upstream's getPhase). */
export function podPhase(
  pod: Pod,
  statuses: { readonly init: readonly ContainerStatus[]; readonly regular: readonly ContainerStatus[] },
  podIsTerminal: boolean,
): Phase {
  const policy = pod.spec?.restartPolicy ?? "Always";
  const init = countInit(pod, statuses.init);
  const counts = countRegular(pod, statuses.regular);
  if (init.failed > 0 && policy === "Never") return "Failed";
  const hasBegun = counts.running + counts.stopped > 0;
  if (init.pending > 0 && !hasBegun && !podIsTerminal) return "Pending";
  if (counts.waiting > 0) return podIsTerminal ? "Failed" : "Pending";
  if (counts.running > 0 && counts.unknown === 0) return "Running";
  if (counts.running === 0 && counts.stopped > 0 && counts.unknown === 0) {
    const allSucceeded = counts.stopped === counts.succeeded;
    if (podIsTerminal) return allSucceeded ? "Succeeded" : "Failed";
    if (policy === "Always") return "Running";
    if (allSucceeded) return "Succeeded";
    return policy === "Never" ? "Failed" : "Running";
  }
  return podIsTerminal ? "Failed" : "Pending";
}

function countInit(pod: Pod, statuses: readonly ContainerStatus[]): { pending: number; failed: number } {
  let pending = 0;
  let failed = 0;
  for (const container of pod.spec?.initContainers ?? []) {
    const status = statuses.find(({ name }) => name === container.name);
    if (isSidecar(container)) {
      if (status?.started !== true) pending++;
      continue;
    }
    const ended = status?.state?.terminated ?? (status?.state?.waiting && status.lastState?.terminated);
    if (status?.state?.terminated?.exitCode === 0) continue;
    if (ended !== undefined && ended.exitCode !== 0) failed++;
    else pending++;
  }
  // A failed init container that is tried again keeps the pod pending.
  return { pending: pending + (pod.spec?.restartPolicy === "Never" ? 0 : failed), failed };
}

function countRegular(pod: Pod, statuses: readonly ContainerStatus[]) {
  const counts = { unknown: 0, running: 0, waiting: 0, stopped: 0, succeeded: 0 };
  for (const { name } of pod.spec?.containers ?? []) {
    const status = statuses.find((candidate) => candidate.name === name);
    if (status === undefined) counts.unknown++;
    else if (status.state?.running !== undefined) counts.running++;
    else if (status.state?.terminated !== undefined) {
      counts.stopped++;
      if (status.state.terminated.exitCode === 0) counts.succeeded++;
    } else if (status.lastState?.terminated !== undefined) counts.stopped++;
    else counts.waiting++;
  }
  return counts;
}
