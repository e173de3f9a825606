import type { Pod } from "../../api/generated/core/v1.ts";
import { badRequest, failure, type StatusError } from "../../api/status.ts";
import type { ContainerLog, ContainerTarget } from "../handle.ts";
import { findContainer, identityOf } from "./pod.ts";
import type { RuntimeCache } from "./runtime-cache.ts";
import { instances, isRunning, type PodContainerStatus, type PodRuntimeState } from "./runtime-state.ts";

const notFound = (message: string): StatusError => failure(404, "NotFound", message);

/** The instance of a container that commands can run in. @throws StatusError 404 in upstream's words */
export function runningContainer(state: PodRuntimeState, { container }: ContainerTarget): PodContainerStatus {
  const found = instances(state, container).find(isRunning);
  if (found === undefined) throw notFound(`container not found ("${container}")`);
  return found;
}

/** The instance whose log is asked for. @throws StatusError 400 in upstream's words when there is none */
export function loggedContainer(
  pod: Pod,
  state: PodRuntimeState,
  of: { container: string; previous: boolean },
): PodContainerStatus {
  const { container: name, previous } = of;
  const { name: podName } = identityOf(pod);
  if (findContainer(pod, name) === undefined) throw badRequest(`container ${name} is not valid for pod ${podName}`);
  const all = instances(state, name);
  if (previous) {
    const ended = all.filter(({ state: now }) => now === "CONTAINER_EXITED");
    const found = all[0] === ended[0] && !wasRestarted(pod, name) ? ended[1] : ended[0];
    if (found === undefined) throw badRequest(`previous terminated container "${name}" in pod "${podName}" not found`);
    return found;
  }
  const found = all.find(({ state: now }) => now !== "CONTAINER_CREATED");
  if (found !== undefined) return found;
  const waiting = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    (status) => status.name === name,
  )?.state?.waiting;
  if (waiting?.reason === undefined) throw badRequest(`container "${name}" in pod "${podName}" is not available`);
  const why = /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull)$/.test(waiting.reason)
    ? `trying and failing to pull image`
    : waiting.reason;
  throw badRequest(`container "${name}" in pod "${podName}" is waiting to start: ${why}`);
}

/** Between two instances the ended one already counts as the previous one. */
function wasRestarted(pod: Pod, name: string): boolean {
  const status = pod.status?.containerStatuses?.find((candidate) => candidate.name === name);
  return status?.state?.waiting !== undefined && status.lastState?.terminated !== undefined;
}

/** Where a container's log is, and when nothing more will come. */
export function containerLog(cache: RuntimeCache, uid: string, status: PodContainerStatus): ContainerLog {
  const runs = () =>
    cache.get(uid).containers.some(({ id, state }) => id === status.id && state === "CONTAINER_RUNNING");
  const exited = new Promise<void>((resolve) => {
    if (!runs()) return resolve();
    const unsubscribe = cache.subscribe((changed) => {
      if (changed !== uid || runs()) return;
      unsubscribe();
      resolve();
    });
  });
  return { path: status.logPath, containerId: status.id, running: isRunning(status), exited };
}
