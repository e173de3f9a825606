import type { ContainerStatus, PodSandboxStatus } from "../cri/state.ts";
import { CONTAINER_HASH_ANNOTATION, CONTAINER_NAME_LABEL, RESTART_COUNT_ANNOTATION } from "../labels.ts";

/** A container as the runtime tells of it, with what it left behind. */
export interface PodContainerStatus extends ContainerStatus {
  readonly podSandboxId: string;
  /** Of an exited container. */
  readonly terminationMessage?: string;
}

/** All that the runtime has of one pod, the newest first. */
export interface PodRuntimeState {
  readonly sandboxes: readonly PodSandboxStatus[];
  readonly containers: readonly PodContainerStatus[];
}

export const NOTHING: PodRuntimeState = { sandboxes: [], containers: [] };

export function containerName(status: Pick<ContainerStatus, "labels" | "metadata">): string {
  return status.labels[CONTAINER_NAME_LABEL] ?? status.metadata.name;
}

/** The newest instance of a container, in any sandbox of the pod. */
export function newest(state: PodRuntimeState, name: string): PodContainerStatus | undefined {
  return state.containers.find((status) => containerName(status) === name);
}

export function instances(state: PodRuntimeState, name: string): PodContainerStatus[] {
  return state.containers.filter((status) => containerName(status) === name);
}

export function readySandbox(state: PodRuntimeState): PodSandboxStatus | undefined {
  const [first] = state.sandboxes;
  return first?.state === "SANDBOX_READY" ? first : undefined;
}

export function isRunning(status: Pick<ContainerStatus, "state">): boolean {
  return status.state === "CONTAINER_RUNNING";
}

/** How often the container was restarted before this instance. */
export function restartCount(status: Pick<ContainerStatus, "annotations" | "metadata">): number {
  const annotated = Number(status.annotations[RESTART_COUNT_ANNOTATION]);
  return Number.isNaN(annotated) ? status.metadata.attempt : annotated;
}

export function hashOf(status: Pick<ContainerStatus, "annotations">): string | undefined {
  return status.annotations[CONTAINER_HASH_ANNOTATION];
}

/** Puts a container's newest status into the state. One that has ended never runs again: answers may overtake each other. */
export function withContainer(state: PodRuntimeState, status: PodContainerStatus): PodRuntimeState {
  const known = state.containers.find(({ id }) => id === status.id);
  if (known?.state === "CONTAINER_EXITED" && status.state !== "CONTAINER_EXITED") return state;
  const others = state.containers.filter(({ id }) => id !== status.id);
  return { ...state, containers: newestFirst([status, ...others]) };
}

export function withoutContainer(state: PodRuntimeState, id: string): PodRuntimeState {
  return { ...state, containers: state.containers.filter((status) => status.id !== id) };
}

export function withSandbox(state: PodRuntimeState, status: PodSandboxStatus): PodRuntimeState {
  const others = state.sandboxes.filter(({ id }) => id !== status.id);
  return { ...state, sandboxes: newestFirst([status, ...others]) };
}

export function withoutSandbox(state: PodRuntimeState, id: string): PodRuntimeState {
  return {
    sandboxes: state.sandboxes.filter((status) => status.id !== id),
    containers: state.containers.filter(({ podSandboxId }) => podSandboxId !== id),
  };
}

export function newestFirst<T extends { createdAtMs: number; metadata: { attempt: number } }>(
  items: readonly T[],
): T[] {
  return [...items].sort(
    (one, other) => other.createdAtMs - one.createdAtMs || other.metadata.attempt - one.metadata.attempt,
  );
}
