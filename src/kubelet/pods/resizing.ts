import { findCondition } from "../../api/conditions.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { type Allocation, allocationOf, withAllocation } from "../resize/allocation.ts";
import type { SavedResize } from "../resize/checkpoints.ts";
import type { ResizeRefusal } from "../resize/judge.ts";
import { resizeCompleted, resizePending, resizeStarted } from "../resize/messages.ts";
import type { WaitingResize } from "../resize/order.ts";
import { isBehind, madeWith, newPodResize, type PendingResize, type PodResize } from "../resize/pod-resize.ts";
import { equalAsJson } from "../status/plain-json.ts";
import type { PodDependencies } from "./dependencies.ts";
import { identityOf } from "./pod.ts";
import { isEnding, type PodRecord } from "./pod-record.ts";
import { containerName, isRunning, type PodRuntimeState } from "./runtime-state.ts";

/**
 * What a kubelet that has just come finds of a pod's earlier resizes: the pod as it was allocated, by what was saved, or by what
 * its containers were made with. Undefined when that is what its spec says.
 */
export function recallResize(
  pod: Pod,
  state: PodRuntimeState,
  saved: SavedResize | undefined,
): { readonly pod: Pod; readonly resize: PodResize } | undefined {
  const allocated = withAllocation(pod, saved?.allocation ?? allocationInRuntime(pod, state));
  if (saved === undefined && allocated === pod) return undefined;
  const resize = newPodResize(new Map(Object.entries(saved?.actual ?? {})));
  if (saved?.unsettled === true) resize.unsettled = allocated;
  if (allocated !== pod) resize.wanted = pod;
  return { pod: allocated, resize };
}

function allocationInRuntime(pod: Pod, { containers }: PodRuntimeState): Allocation {
  const allocation = allocationOf(pod);
  const found = { ...allocation.containers };
  for (const status of containers) {
    const name = containerName(status);
    const resources = isRunning(status) && found[name] !== undefined ? madeWith(status) : undefined;
    if (resources !== undefined) found[name] = resources;
  }
  return { ...allocation, containers: found };
}

/** Takes the pod as the API has it now, with what is allocated to it. Answers whether it newly wants something else. */
export function takeSpec(record: PodRecord, next: Pod): boolean {
  const { pod: before, resize } = record;
  const isSame = next.spec === before.spec || equalAsJson(allocationOf(next), allocationOf(before));
  if (isSame) {
    record.pod = next;
    if (resize !== undefined) {
      resize.wanted = undefined;
      resize.pending = undefined;
    }
    return false;
  }
  const asked = resize?.wanted;
  record.pod = withAllocation(next, allocationOf(before));
  record.resize ??= newPodResize();
  record.resize.wanted = next;
  return asked === undefined || !equalAsJson(allocationOf(asked), allocationOf(next));
}

/** What a pod waits for; undefined when it waits for nothing. */
export function waitingResize(record: PodRecord): WaitingResize | undefined {
  const { pod, resize, finished } = record;
  const wanted = resize?.wanted;
  if (wanted === undefined || finished || isEnding(record)) return undefined;
  return { wanted, allocated: pod, sinceMs: resize?.pending?.sinceMs ?? sinceMs(wanted) };
}

/** What an earlier kubelet told. */
function sinceMs({ status }: Pod): number | undefined {
  const time = findCondition(status?.conditions, "PodResizePending")?.lastTransitionTime;
  return time === undefined ? undefined : Date.parse(time);
}

/** Allocates what a pod waits for, or notes why it does not get it. */
export function answerResize(
  record: PodRecord,
  refusal: ResizeRefusal | undefined,
  { clock, events }: PodDependencies,
): void {
  const { resize } = record;
  const wanted = resize?.wanted;
  if (resize === undefined || wanted === undefined) return;
  const generation = wanted.metadata?.generation;
  if (refusal !== undefined) {
    const since = resize.pending?.sinceMs ?? sinceMs(wanted) ?? clock.now();
    const pending: PendingResize = { ...refusal, generation, sinceMs: since };
    if (equalAsJson(pending, resize.pending)) return;
    resize.pending = pending;
    events.event(wanted, resizePending(wanted, pending));
    return;
  }
  record.pod = wanted;
  record.refreshWanted = true;
  resize.wanted = undefined;
  resize.pending = undefined;
  resize.unsettled = wanted;
  resize.inProgress = { generation };
  resize.retryAtMs = undefined;
  events.event(wanted, resizeStarted(wanted));
}

/** Notes whether the pod lacks something of what is allocated, and tells when it does no longer. */
export function noteProgress(record: PodRecord, { cache, events }: PodDependencies): void {
  const { pod, resize } = record;
  if (resize === undefined) return;
  if (isBehind(pod, cache.get(identityOf(pod).uid), resize))
    resize.inProgress ??= { generation: pod.metadata?.generation };
  else if (resize.inProgress !== undefined) {
    events.event(pod, resizeCompleted(pod, resize.inProgress));
    resize.inProgress = undefined;
  }
}
