import type { Container, Pod } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import type { ContainerConfig, Mount, PodSandboxConfig } from "../cri/config.ts";
import type { Image, PodSandboxStatus } from "../cri/state.ts";
import { containerEnvironment } from "../environment/environment.ts";
import { describe } from "../images/puller.ts";
import { volumeMounts } from "../volumes/mounts.ts";
import type { ReadyVolumes } from "../volumes/pod-volumes.ts";
import { interruptible } from "./abort.ts";
import { containerConfig, wantsEtcHosts } from "./container-config.ts";
import type { PodDependencies } from "./dependencies.ts";
import { etcHosts } from "./hostname.ts";
import { etcHostsPath, seccompDirectory, terminationMessagePath } from "./paths.ts";
import { type AnyContainer, containerFieldPath, identityOf, type PodContainer } from "./pod.ts";
import { instances, newest, type PodContainerStatus, restartCount } from "./runtime-state.ts";
import { containerSecurityContext, nonRootProblem, withImageUser } from "./security.ts";
import { StartError } from "./start-error.ts";

export interface StartContext {
  readonly pod: Pod;
  readonly sandbox: PodSandboxStatus;
  readonly sandboxConfig: PodSandboxConfig;
  readonly volumes: ReadyVolumes;
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
  const { pod, signal } = context;
  const { container } = entry;
  const fail = (reason: string, message: string, retryAtMs?: number): StartError => {
    tell(entry, context, dependencies, { type: "Warning", reason: "Failed", message: `Error: ${message}` });
    return new StartError(reason, message, retryAtMs);
  };
  let image: Image;
  try {
    image = await interruptible(dependencies.puller.ensure(pod, container, context.sandboxConfig), signal);
  } catch (error) {
    if (error instanceof StartError) {
      tell(entry, context, dependencies, { type: "Warning", reason: "Failed", message: `Error: ${error.reason}` });
    }
    throw error;
  }
  let config: ContainerConfig;
  try {
    config = await configure(entry, { ...context, image }, dependencies);
  } catch (error) {
    throw fail("CreateContainerConfigError", errorMessage(error));
  }
  signal.throwIfAborted();
  return launch(entry, { ...context, config, fail }, dependencies);
}

type Event = { type: "Normal" | "Warning"; reason: string; message: string };

function tell({ container }: PodContainer, { pod }: StartContext, { events }: PodDependencies, event: Event): void {
  events.event(pod, { ...event, fieldPath: containerFieldPath(pod, container.name) });
}

async function launch(
  entry: PodContainer,
  context: StartContext & { config: ContainerConfig; fail(reason: string, message: string): StartError },
  dependencies: PodDependencies,
): Promise<PodContainerStatus> {
  const { pod, sandbox, sandboxConfig, config, fail } = context;
  const { runtime, cache } = dependencies;
  const { uid } = identityOf(pod);
  let id: string;
  try {
    id = await runtime.runtime.createContainer(sandbox.id, config, sandboxConfig);
  } catch (error) {
    throw fail("CreateContainerError", describe(error));
  }
  tell(entry, context, dependencies, { type: "Normal", reason: "Created", message: "Container created" });
  try {
    await runtime.runtime.startContainer(id);
  } catch (error) {
    await cache.observeContainer(uid, id, sandbox.id).catch(() => {});
    throw fail("RunContainerError", describe(error));
  }
  tell(entry, context, dependencies, { type: "Normal", reason: "Started", message: "Container started" });
  const status = await cache.observeContainer(uid, id, sandbox.id);
  context.onProgress();
  await runPostStart(entry, { ...context, status }, dependencies);
  return status;
}

async function runPostStart(
  entry: PodContainer,
  context: StartContext & { status: PodContainerStatus },
  dependencies: PodDependencies,
): Promise<void> {
  const { container } = entry;
  const { pod, sandbox, status, signal } = context;
  const handler = container.lifecycle?.postStart;
  if (handler === undefined) return;
  try {
    const target = { container, containerId: status.id, podIp: podIpOf(pod, sandbox, dependencies) };
    await interruptible(dependencies.hooks.run(handler, target, { timeoutMs: 0x7fffffff, signal }), signal);
  } catch (error) {
    if (signal.aborted) throw error;
    tell(entry, context, dependencies, {
      type: "Warning",
      reason: "FailedPostStartHook",
      message: `PostStartHook failed: ${errorMessage(error)}`,
    });
    tell(entry, context, dependencies, {
      type: "Normal",
      reason: "Killing",
      message: "FailedPostStartHook",
    });
    await dependencies.runtime.runtime.stopContainer(status.id, pod.spec?.terminationGracePeriodSeconds ?? 30);
    await dependencies.cache.observeContainer(identityOf(pod).uid, status.id, sandbox.id);
    throw new StartError("PostStartHookError", `PostStartHook failed: ${errorMessage(error)}`);
  }
}

/** The address that a pod's containers are reached at. */
export function podIpOf(pod: Pod, sandbox: PodSandboxStatus | undefined, { hostIps }: PodDependencies): string {
  return (pod.spec?.hostNetwork === true ? hostIps[0] : sandbox?.ips[0]) ?? "";
}

/** All that the runtime has to know. Rejects with an Error whose message is the container's waiting message. */
async function configure(
  { container }: PodContainer,
  context: StartContext & { image: Image },
  dependencies: PodDependencies,
): Promise<ContainerConfig> {
  const { pod, sandbox, image } = context;
  const { paths, files, objects, cache, ownLabels, nodeMemoryBytes } = dependencies;
  const { uid } = identityOf(pod);
  const rootProblem = nonRootProblem(pod, container, image);
  if (rootProblem !== undefined) throw new Error(rootProblem);
  const environment = await containerEnvironment(pod, container as Container, {
    objects,
    services: dependencies.services(),
    fields: { ...dependencies.fields(pod), podIps: podIps(pod, sandbox, dependencies) },
  });
  const state = cache.get(uid);
  const earlier = instances(state, container.name);
  const attempt = Math.max(-1, ...earlier.map(({ metadata }) => metadata.attempt)) + 1;
  const restarts = earlier.length === 0 ? restartsSoFar(pod, container) : restartCount(earlier[0]!) + 1;
  const terminationMessageFile = terminationMessagePath(paths, uid, { container: container.name, attempt });
  const [mounts] = await Promise.all([
    containerMounts(container, { ...context, environment }, dependencies),
    files.writeFile(terminationMessageFile, "", { mode: 0o666 }),
  ]);
  const targetId = targetOf(container, context, dependencies);
  const security = containerSecurityContext(pod, container, { seccompDirectory: seccompDirectory(paths), targetId });
  return containerConfig(pod, container, {
    attempt,
    restartCount: restarts,
    imageRef: image.id,
    environment,
    mounts,
    securityContext: withImageUser(security, image),
    terminationMessageFile,
    nodeMemoryBytes,
    ownLabels,
  });
}

/** After all instances were removed from the runtime, the API alone still knows how often there was one. */
function restartsSoFar(pod: Pod, container: AnyContainer): number {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const status = [...containerStatuses, ...initContainerStatuses].find(({ name }) => name === container.name);
  if (status === undefined) return 0;
  // A status that names a container is about the lost one; without it, the loss is counted already.
  return status.containerID === undefined ? status.restartCount : status.restartCount + 1;
}

function podIps(pod: Pod, sandbox: PodSandboxStatus, { hostIps }: PodDependencies): readonly string[] {
  return pod.spec?.hostNetwork === true ? hostIps : sandbox.ips;
}

async function containerMounts(
  container: AnyContainer,
  context: StartContext & { environment: ReadonlyMap<string, string> },
  dependencies: PodDependencies,
): Promise<Mount[]> {
  const { pod, sandbox, volumes, environment } = context;
  const { paths, files, clusterDomain } = dependencies;
  const mounts = await volumeMounts(pod, container, { paths, files, volumes, environment });
  if (!wantsEtcHosts(container)) return mounts;
  const hostPath = etcHostsPath(paths, identityOf(pod).uid);
  const hostFile = pod.spec?.hostNetwork === true ? await dependencies.hostsFile() : "";
  const text = etcHosts(pod, { podIps: podIps(pod, sandbox, dependencies), clusterDomain, hostFile });
  await files.writeFile(hostPath, text, { mode: 0o644 });
  return [...mounts, { containerPath: "/etc/hosts", hostPath, readonly: false }];
}

/** The running container whose processes an ephemeral container wants to see. */
function targetOf(container: AnyContainer, { pod }: StartContext, { cache }: PodDependencies): string | undefined {
  const target = (container as { targetContainerName?: string }).targetContainerName;
  if (!target) return undefined;
  const status = newest(cache.get(identityOf(pod).uid), target);
  if (status === undefined) throw new Error(`unable to find target container "${target}"`);
  return status.id;
}
