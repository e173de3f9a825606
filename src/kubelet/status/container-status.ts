import type { Container, ContainerState, ContainerStatus, Pod } from "../../api/generated/core/v1.ts";
import { formatTime } from "../../base/clock.ts";
import { isSidecar, type PodContainer, podContainers } from "../pods/pod.ts";
import { shouldRestart } from "../pods/restart-policy.ts";
import {
  instances,
  isRunning,
  type PodContainerStatus,
  type PodRuntimeState,
  restartCount,
} from "../pods/runtime-state.ts";
import type { ProbeResults } from "../probes/results.ts";
import { actualResources, allocatedResources, type PodResize } from "../resize/pod-resize.ts";
import { reportedResources } from "../resize/reported.ts";

export interface ContainerStatusInput {
  readonly pod: Pod;
  readonly state: PodRuntimeState;
  readonly probes: ProbeResults;
  /** Why a container does not run, by its name. */
  readonly waiting: ReadonlyMap<string, { reason: string; message: string }>;
  /** Scheme of container ids: the runtime's name. */
  readonly runtimeName: string;
  /** The pod ends: nothing is started again. */
  readonly ending: boolean;
  /** Absent while the pod was never resized. */
  readonly resize?: PodResize | undefined;
}

/** The statuses of a pod's containers of one kind, in the order of the spec. */
export function containerStatuses(input: ContainerStatusInput, kind: PodContainer["kind"]): ContainerStatus[] {
  const statuses: ContainerStatus[] = [];
  for (const entry of podContainers(input.pod)) if (entry.kind === kind) statuses.push(containerStatus(input, entry));
  return statuses;
}

function containerStatus(input: ContainerStatusInput, entry: PodContainer): ContainerStatus {
  const [current, previous] = instances(input.state, entry.container.name);
  const before = earlierStatus(input.pod, entry);
  const status =
    current === undefined ? withoutInstance(input, entry, before) : fromInstance(input, current, previous ?? undefined);
  const waiting = input.waiting.get(entry.container.name);
  const ended = current?.state === "CONTAINER_EXITED" ? current : undefined;
  const mayStart = ended === undefined || shouldRestart(input.pod, entry, ended.exitCode);
  if (waiting !== undefined && !input.ending && mayStart && (current === undefined || ended !== undefined)) {
    if (status.state?.terminated !== undefined) status.lastState = { terminated: status.state.terminated };
    status.state = { waiting };
  }
  return finish(input, entry, { status, current });
}

function earlierStatus(pod: Pod, { kind, container }: PodContainer): ContainerStatus | undefined {
  const { initContainerStatuses, containerStatuses: regular, ephemeralContainerStatuses } = pod.status ?? {};
  const lists = { init: initContainerStatuses, regular, ephemeral: ephemeralContainerStatuses };
  return lists[kind]?.find(({ name }) => name === container.name);
}

/** The runtime has nothing of it: not made yet, or made and lost. */
function withoutInstance(
  input: ContainerStatusInput,
  { container }: PodContainer,
  before: ContainerStatus | undefined,
): ContainerStatus {
  // Of every kind: an init container whose turn is to come waits for the pod's initialization, too.
  const initializing = (input.pod.spec?.initContainers ?? []).length > 0;
  const status: ContainerStatus = {
    name: container.name,
    image: container.image ?? "",
    imageID: "",
    ready: false,
    restartCount: before?.restartCount ?? 0,
    state: { waiting: { reason: initializing ? "PodInitializing" : "ContainerCreating" } },
    lastState: before?.lastState ?? {},
  };
  if (before?.state?.terminated !== undefined) {
    return { ...status, state: before.state, imageID: before.imageID, containerID: before.containerID };
  }
  if (before?.state?.running === undefined) return status;
  const lost: ContainerState = {
    terminated: {
      reason: "ContainerStatusUnknown",
      message: "The container could not be located when the pod was terminated",
      exitCode: 137,
      startedAt: undefined,
      finishedAt: undefined,
    },
  };
  if (input.ending) return { ...status, state: lost };
  return { ...status, lastState: lost, restartCount: before.restartCount + 1 };
}

function fromInstance(
  input: ContainerStatusInput,
  current: PodContainerStatus,
  previous: PodContainerStatus | undefined,
): ContainerStatus {
  const id = (status: PodContainerStatus) => `${input.runtimeName}://${status.id}`;
  return {
    name: current.metadata.name,
    image: current.image,
    imageID: current.imageRef,
    containerID: id(current),
    ready: false,
    restartCount: restartCount(current),
    state: stateOf(current, id(current)),
    lastState: previous?.state === "CONTAINER_EXITED" ? stateOf(previous, id(previous)) : {},
  };
}

function stateOf(status: PodContainerStatus, containerID: string): ContainerState {
  switch (status.state) {
    case "CONTAINER_RUNNING":
      return { running: { startedAt: formatTime(status.startedAtMs) } };
    case "CONTAINER_EXITED":
      return {
        terminated: {
          exitCode: status.exitCode,
          reason: status.reason || (status.exitCode === 0 ? "Completed" : "Error"),
          ...(status.terminationMessage && { message: status.terminationMessage }),
          startedAt: status.startedAtMs > 0 ? formatTime(status.startedAtMs) : formatTime(status.createdAtMs),
          finishedAt: status.finishedAtMs > 0 ? formatTime(status.finishedAtMs) : formatTime(status.createdAtMs),
          containerID,
        },
      };
    default:
      return { waiting: { reason: "ContainerCreating" } };
  }
}

/** Readiness, and what only running containers tell. */
function finish(
  { probes, pod, resize }: ContainerStatusInput,
  { kind, container }: PodContainer,
  { status, current }: { status: ContainerStatus; current: PodContainerStatus | undefined },
): ContainerStatus {
  const running = current !== undefined && isRunning(current) && status.state?.running !== undefined;
  const started = running && probes.hasStarted(current.id, container);
  if (kind === "init" && !isSidecar(container)) {
    status.ready = status.state?.terminated?.exitCode === 0;
    status.started = started;
  } else if (kind !== "ephemeral") {
    status.ready = started && probes.isReady(current!.id, container);
    status.started = started;
  }
  if (current !== undefined) {
    const allocated = allocatedResources(container as Container);
    const actual = running ? actualResources(current, container as Container, resize) : allocated;
    if (allocated.requests !== undefined) status.allocatedResources = allocated.requests;
    // What does not run will have what is allocated when it does.
    status.resources = reportedResources({ allocated, actual, told: running ? current.resources : undefined });
  }
  const mounts = container.volumeMounts ?? [];
  if (mounts.length > 0 && (pod.spec?.volumes ?? []).length > 0) {
    status.volumeMounts = mounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly && { readOnly, recursiveReadOnly: "Disabled" }),
    }));
  }
  return status;
}
