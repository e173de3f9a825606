import type { Pod } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import type { ContainerConfig, PodSandboxConfig } from "../cri/config.ts";
import type { PodSandboxStatus } from "../cri/state.ts";
import { describe, presentMessage } from "../images/puller.ts";
import { failedMounts, type VolumeImages } from "../images/volume-images.ts";
import type { ReadyVolumes } from "../volumes/pod-volumes.ts";
import { interruptible } from "./abort.ts";
import { configureContainer, type PreparedContainer, podIpOf, podIpsOf } from "./configure-container.ts";
import type { PodDependencies } from "./dependencies.ts";
import { containerFieldPath, identityOf, type PodContainer } from "./pod.ts";
import type { PodContainerStatus } from "./runtime-state.ts";
import { StartError } from "./start-error.ts";

export interface StartContext {
  readonly pod: Pod;
  readonly sandbox: PodSandboxStatus;
  readonly sandboxConfig: PodSandboxConfig;
  readonly volumes: ReadyVolumes;
  readonly volumeImages: VolumeImages;
  /** Containers that were prepared before the sandbox was there, by name. */
  readonly prepared: ReadonlyMap<string, PreparedContainer>;
  /** Resolves when prepared containers' /etc/hosts names the pod's addresses. */
  readonly hosts: Promise<void>;
  readonly signal: AbortSignal;
  /** A container changed its state: the status can be written. */
  onProgress(): void;
}

/** Brings one container to run: image, configuration, creation, start, postStart hook. Rejects with StartError. */
export async function startContainer(
  entry: PodContainer,
  context: StartContext,
  dependencies: PodDependencies,
): Promise<PodContainerStatus> {
  const { pod, sandbox, sandboxConfig, volumes, volumeImages, signal } = context;
  const { container } = entry;
  const prepared = context.prepared.get(container.name);
  const told = laterEvents(entry, context, dependencies);
  const fail = (reason: string, message: string, retryAtMs?: number): StartError => {
    told.add({ type: "Warning", reason: "Failed", message: `Error: ${message}` });
    return new StartError(reason, message, retryAtMs);
  };
  const tellOfImage = ({ reason }: StartError) =>
    told.add({ type: "Warning", reason: "Failed", message: `Error: ${reason}` });
  try {
    if (prepared !== undefined) {
      told.add({ type: "Normal", reason: "Pulled", message: presentMessage(container.image ?? "") });
      return await launch(entry, { ...context, config: prepared.config, fail, told }, dependencies);
    }
    const failed = failedMounts(container, volumeImages);
    for (const error of failed) tellOfImage(error);
    if (failed.length > 0) throw failed.at(-1);
    const wanted = {
      name: container.image ?? "",
      pullPolicy: container.imagePullPolicy,
      fieldPath: containerFieldPath(pod, container.name),
    };
    const image = await interruptible(dependencies.puller.ensure(pod, wanted, sandboxConfig), signal).catch((error) => {
      if (error instanceof StartError) tellOfImage(error);
      throw error;
    });
    const podIps = podIpsOf(pod, sandbox, dependencies);
    const config = await configureContainer(
      container,
      { pod, volumes, volumeImages, image, podIps },
      dependencies,
    ).catch((error) => {
      throw fail("CreateContainerConfigError", errorMessage(error));
    });
    signal.throwIfAborted();
    return await launch(entry, { ...context, config, fail, told }, dependencies);
  } finally {
    told.tell();
  }
}

type Event = { type: "Normal" | "Warning"; reason: string; message: string };

interface LaterEvents {
  add(event: Event): void;
  /** Tells what was added so far. */
  tell(): void;
}

/** Writing an event takes the processor, which starting a container needs: they are told when the start is over. */
function laterEvents({ container }: PodContainer, { pod }: StartContext, { events }: PodDependencies): LaterEvents {
  const waiting: Event[] = [];
  const fieldPath = containerFieldPath(pod, container.name);
  return {
    add: (event) => void waiting.push(event),
    tell() {
      for (const event of waiting.splice(0)) events.event(pod, { ...event, fieldPath });
    },
  };
}

async function launch(
  entry: PodContainer,
  context: StartContext & {
    config: ContainerConfig;
    told: LaterEvents;
    fail(reason: string, message: string): StartError;
  },
  dependencies: PodDependencies,
): Promise<PodContainerStatus> {
  const { pod, sandbox, sandboxConfig, config, hosts, told, fail } = context;
  const { runtime, cache, clock } = dependencies;
  const { uid } = identityOf(pod);
  let id: string;
  try {
    [id] = await Promise.all([runtime.runtime.createContainer(sandbox.id, config, sandboxConfig), hosts]);
  } catch (error) {
    throw fail("CreateContainerError", describe(error));
  }
  told.add({ type: "Normal", reason: "Created", message: "Container created" });
  const created = runtime.runtime.containerStatus(id).catch(() => undefined);
  try {
    await runtime.runtime.startContainer(id);
  } catch (error) {
    await cache.observeContainer(uid, id, sandbox.id).catch(() => {});
    throw fail("RunContainerError", describe(error));
  }
  told.add({ type: "Normal", reason: "Started", message: "Container started" });
  const known = await created;
  if (known !== undefined) {
    // The runtime has said that it runs: that is told at once, and what the runtime says in detail after that.
    cache.noteStarted(uid, sandbox.id, { ...known, state: "CONTAINER_RUNNING", startedAtMs: clock.now() });
    context.onProgress();
  }
  const status = await cache.observeContainer(uid, id, sandbox.id);
  if (known === undefined) context.onProgress();
  told.tell();
  await runPostStart(entry, { ...context, status }, dependencies);
  return status;
}

async function runPostStart(
  entry: PodContainer,
  context: StartContext & { status: PodContainerStatus; told: LaterEvents },
  dependencies: PodDependencies,
): Promise<void> {
  const { container } = entry;
  const { pod, sandbox, status, signal, told } = context;
  const handler = container.lifecycle?.postStart;
  if (handler === undefined) return;
  try {
    const target = { container, containerId: status.id, podIp: podIpOf(pod, sandbox, dependencies) };
    await interruptible(dependencies.hooks.run(handler, target, { timeoutMs: 0x7fffffff, signal }), signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const message = `PostStartHook failed: ${errorMessage(error)}`;
    told.add({ type: "Warning", reason: "FailedPostStartHook", message });
    told.add({ type: "Normal", reason: "Killing", message: "FailedPostStartHook" });
    told.tell();
    await dependencies.runtime.runtime.stopContainer(status.id, pod.spec?.terminationGracePeriodSeconds ?? 30);
    await dependencies.cache.observeContainer(identityOf(pod).uid, status.id, sandbox.id);
    throw new StartError("PostStartHookError", message);
  }
}
