import type { Container, Pod, ResourceRequirements } from "../../api/generated/core/v1.ts";
import { RESOURCES_ANNOTATION } from "../labels.ts";
import { podContainers } from "../pods/pod.ts";
import {
  isRunning,
  newest,
  type PodContainerStatus,
  type PodRuntimeState,
  readySandbox,
} from "../pods/runtime-state.ts";
import { isResizable } from "./allocation.ts";
import { type ContainerResize, containerResize } from "./container-resize.ts";
import type { ResizeRefusal } from "./judge.ts";

/** What a kubelet knows of a pod that is being resized or was. Absent for all others. */
export interface PodResize {
  /** The pod as the API has it, while it wants something else than is allocated. */
  wanted: Pod | undefined;
  /** What the runtime accepted last, by container id, for those that were changed while they ran. Replaced, never changed. */
  actual: ReadonlyMap<string, ResourceRequirements>;
  /** Why nothing is allocated. */
  pending: PendingResize | undefined;
  /** The pod as it was allocated last, until all of it is given, the pod's own limits included. */
  unsettled: Pod | undefined;
  /** Something is allocated that is not there yet. */
  inProgress: ResizeInProgress | undefined;
  /** Wall time before which what failed is not tried again. */
  retryAtMs: number | undefined;
}

export interface PendingResize extends ResizeRefusal {
  /** Of the pod that wants it. */
  readonly generation: number | undefined;
  /** Wall time. */
  readonly sinceMs: number;
}

export interface ResizeInProgress {
  readonly generation: number | undefined;
  /** Why it does not come further. */
  readonly error?: string;
}

export function newPodResize(actual: PodResize["actual"] = new Map()): PodResize {
  const nothing = { wanted: undefined, pending: undefined, unsettled: undefined };
  return { ...nothing, actual, inProgress: undefined, retryAtMs: undefined };
}

/** What a container was made with; undefined when an older kubelet made it. */
export function madeWith({ annotations }: Pick<PodContainerStatus, "annotations">): ResourceRequirements | undefined {
  const text = annotations[RESOURCES_ANNOTATION];
  return text === undefined ? undefined : (JSON.parse(text) as ResourceRequirements);
}

const NO_RESOURCES: ResourceRequirements = Object.freeze({});

/** What is allocated to a container, in a pod that has what is allocated to it: the same value each time. */
export function allocatedResources({ resources = NO_RESOURCES }: Container): ResourceRequirements {
  return resources;
}

/** What the runtime accepted last for a running container. */
export function actualResources(
  status: Pick<PodContainerStatus, "id" | "annotations">,
  container: Container,
  resize: PodResize | undefined,
): ResourceRequirements {
  const allocated = allocatedResources(container);
  return resize === undefined ? allocated : (resize.actual.get(status.id) ?? madeWith(status) ?? allocated);
}

/** A running container that does not have what is allocated to it. */
export interface UnfinishedContainer extends ContainerResize {
  readonly status: PodContainerStatus;
  readonly container: Container;
  readonly actual: ResourceRequirements;
}

/** Running containers that have something else than is allocated. Those that do not run will be started with it. Pure. */
export function unfinishedContainers(pod: Pod, state: PodRuntimeState, resize: PodResize): UnfinishedContainer[] {
  const found: UnfinishedContainer[] = [];
  for (const entry of podContainers(pod)) {
    if (!isResizable(entry)) continue;
    const container = entry.container as Container;
    const status = newest(state, container.name);
    if (status === undefined || !isRunning(status)) continue;
    const actual = actualResources(status, container, resize);
    const change = containerResize(container, actual);
    if (change.cpu !== 0 || change.memory !== 0) found.push({ ...change, status, container, actual });
  }
  return found;
}

/** Whether there is something to give to a pod that has its sandbox; a new one is made with what is allocated. Pure. */
export function isBehind(pod: Pod, state: PodRuntimeState, resize: PodResize): boolean {
  return (
    readySandbox(state) !== undefined &&
    (resize.unsettled !== undefined || unfinishedContainers(pod, state, resize).length > 0)
  );
}

/** In which order running containers are changed in one resource: what gives back makes room for what takes. Pure. */
export function updatesOf(resource: "cpu" | "memory", all: readonly UnfinishedContainer[]): UnfinishedContainer[] {
  return all
    .filter((each) => each[resource] !== 0 && !each.restarts)
    .sort((one, other) => one[resource] - other[resource]);
}
