import type { Container, Pod, ResourceRequirements } from "../../api/generated/core/v1.ts";
import type { RecordedEvent } from "../../client/events.ts";
import type { PendingResize, ResizeInProgress } from "./pod-resize.ts";

/** What people are told of a resize: upstream's reasons and words, with the amounts that it is about as JSON. */
export function resizeStarted(pod: Pod): RecordedEvent {
  return told("Normal", "ResizeStarted", `Pod resize started: ${summary(pod, pod.metadata?.generation)}`);
}

export function resizeCompleted(pod: Pod, { generation }: ResizeInProgress): RecordedEvent {
  return told("Normal", "ResizeCompleted", `Pod resize completed: ${summary(pod, generation)}`);
}

export function resizeFailed(pod: Pod, { generation, error }: ResizeInProgress): RecordedEvent {
  return told("Warning", "ResizeError", `Pod resize error: ${summary(pod, generation, error)}`);
}

export function resizePending(pod: Pod, { reason, message, generation }: PendingResize): RecordedEvent {
  return told("Warning", `Resize${reason}`, `Pod resize ${reason}: ${summary(pod, generation, message)}`);
}

function told(type: RecordedEvent["type"], reason: string, message: string): RecordedEvent {
  return { type, reason, message };
}

function summary({ spec }: Pod, generation = 0, error?: string): string {
  const all = (containers: readonly Container[]) =>
    containers.map(({ name, resources = {} }) => ({ name, resources: inOrder(resources) }));
  return JSON.stringify({
    ...((spec?.initContainers ?? []).length > 0 && { initContainers: all(spec?.initContainers ?? []) }),
    containers: all(spec?.containers ?? []),
    generation,
    ...(error !== undefined && { error }),
  });
}

/** As Go writes them: fields as they are declared, names of maps sorted. */
function inOrder({ limits, requests }: ResourceRequirements): ResourceRequirements {
  const sorted = (amounts: Record<string, string>) => Object.fromEntries(Object.entries(amounts).sort());
  return { ...(limits && { limits: sorted(limits) }), ...(requests && { requests: sorted(requests) }) };
}
