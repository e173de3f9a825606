import type { Pod } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import { interruptible } from "./abort.ts";
import { podIpOf } from "./configure-container.ts";
import type { PodDependencies } from "./dependencies.ts";
import {
  containerFieldPath,
  findContainer,
  gracePeriodSeconds,
  identityOf,
  isSidecar,
  type PodContainer,
} from "./pod.ts";
import { containerName, isRunning, type PodContainerStatus, readySandbox } from "./runtime-state.ts";

/** A container gets at least so long between SIGTERM and SIGKILL. */
const MINIMUM_GRACE_SECONDS = 2;

export interface KillOptions {
  readonly message: string;
  readonly graceSeconds: number;
  readonly signal: AbortSignal;
  onProgress(): void;
}

/** Ends one container: event, preStop hook, SIGTERM, SIGKILL when its time is over. */
export async function killContainer(
  pod: Pod,
  status: PodContainerStatus,
  options: KillOptions,
  dependencies: PodDependencies,
): Promise<void> {
  const { cache, clock, events, probes, runtime } = dependencies;
  const { uid } = identityOf(pod);
  const name = containerName(status);
  const fieldPath = containerFieldPath(pod, name);
  if (isRunning(status)) {
    events.event(pod, { type: "Normal", reason: "Killing", message: options.message, fieldPath });
  }
  if (status.state === "CONTAINER_CREATED") {
    // It never ran, so that there is nothing to stop, and it could not be started any more under its number.
    await runtime.runtime.removeContainer(status.id);
    cache.forgetContainer(uid, status.id);
    return;
  }
  probes.containerTerminates(status.id);
  const startMs = clock.monotonic();
  if (isRunning(status) && options.graceSeconds > 0) await runPreStop(pod, status, options, dependencies);
  const usedSeconds = Math.floor((clock.monotonic() - startMs) / 1000);
  const graceSeconds = Math.max(MINIMUM_GRACE_SECONDS, options.graceSeconds - usedSeconds);
  await interruptible(runtime.runtime.stopContainer(status.id, graceSeconds), options.signal);
  probes.forget(status.id);
  await cache.observeContainer(uid, status.id, status.podSandboxId);
  options.onProgress();
}

async function runPreStop(
  pod: Pod,
  status: PodContainerStatus,
  { graceSeconds, signal }: KillOptions,
  dependencies: PodDependencies,
): Promise<void> {
  const name = containerName(status);
  const container = findContainer(pod, name)?.container;
  const handler = container?.lifecycle?.preStop;
  if (container === undefined || handler === undefined) return;
  const { cache, events, hooks } = dependencies;
  const podIp = podIpOf(pod, readySandbox(cache.get(identityOf(pod).uid)), dependencies);
  try {
    const run = hooks.run(
      handler,
      { container, containerId: status.id, podIp },
      { timeoutMs: graceSeconds * 1000, signal },
    );
    await interruptible(run, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    events.event(pod, {
      type: "Warning",
      reason: "FailedPreStopHook",
      message: `PreStopHook failed: ${errorMessage(error)}`,
      fieldPath: containerFieldPath(pod, name),
    });
  }
}

/**
 * Ends all containers of a pod within `graceSeconds`: at the same time, but sidecars after the others and in reverse
 * order, as they may be needed to the last.
 */
export async function killPod(
  pod: Pod,
  options: { graceSeconds?: number; signal: AbortSignal; onProgress(): void },
  dependencies: PodDependencies,
): Promise<void> {
  const { cache, clock } = dependencies;
  const { uid } = identityOf(pod);
  const startMs = clock.monotonic();
  const total = options.graceSeconds ?? gracePeriodSeconds(pod);
  const kill = (status: PodContainerStatus) => {
    const graceSeconds = Math.max(0, total - Math.floor((clock.monotonic() - startMs) / 1000));
    const message = `Stopping container ${containerName(status)}`;
    return killContainer(pod, status, { ...options, graceSeconds, message }, dependencies);
  };
  const alive = cache.get(uid).containers.filter(({ state }) => state !== "CONTAINER_EXITED");
  const sidecars = sidecarsInReverse(pod);
  const isLate = (status: PodContainerStatus) => sidecars.includes(containerName(status));
  await Promise.all(alive.filter((status) => !isLate(status)).map(kill));
  for (const name of sidecars) await Promise.all(alive.filter((status) => containerName(status) === name).map(kill));
}

function sidecarsInReverse(pod: Pod): string[] {
  const init = pod.spec?.initContainers ?? [];
  return init
    .filter(isSidecar)
    .map(({ name }) => name)
    .reverse();
}

/** How long a container that is replaced may take, in seconds: its failed probe may say otherwise than the pod. */
export function replacementGraceSeconds(pod: Pod, entry: PodContainer | undefined, because: string): number {
  const { livenessProbe, startupProbe } = entry?.container ?? {};
  const probe = because === "liveness" ? livenessProbe : because === "startup" ? startupProbe : undefined;
  return probe?.terminationGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
}
