import type { Container, Pod } from "../../api/generated/core/v1.ts";
import type { ContainerConfig, Mount } from "../cri/config.ts";
import type { Image, PodSandboxStatus } from "../cri/state.ts";
import { containerEnvironment } from "../environment/environment.ts";
import { mountsImage, NO_VOLUME_IMAGES, type VolumeImages } from "../images/volume-images.ts";
import { volumeMounts } from "../volumes/mounts.ts";
import type { ReadyVolumes } from "../volumes/pod-volumes.ts";
import { containerConfig, wantsEtcHosts } from "./container-config.ts";
import type { PodDependencies } from "./dependencies.ts";
import { etcHosts } from "./hostname.ts";
import { etcHostsPath, seccompDirectory, terminationMessagePath } from "./paths.ts";
import { type AnyContainer, identityOf, type PodContainer } from "./pod.ts";
import { instances, newest, restartCount } from "./runtime-state.ts";
import { containerSecurityContext, nonRootProblem, withImageUser } from "./security.ts";

/** A container whose image is there, and all that the runtime has to know of it. */
export interface PreparedContainer {
  readonly image: Image;
  readonly config: ContainerConfig;
}

interface ConfigureContext {
  readonly pod: Pod;
  readonly volumes: ReadyVolumes;
  /** What its volumes show of images. */
  readonly volumeImages: VolumeImages;
  /** Empty before the sandbox has its addresses. */
  readonly podIps: readonly string[];
}

/**
 * Prepares a container before its sandbox is there. Undefined where that cannot be: its image must be pulled, it mounts another one, it
 * is told its pod's addresses, or something is missing. Nobody is told of it then: whoever starts the container finds it again, and tells.
 */
export async function prepareContainer(
  { container }: PodContainer,
  { pod, volumes }: { pod: Pod; volumes: ReadyVolumes },
  dependencies: PodDependencies,
): Promise<PreparedContainer | undefined> {
  if (isToldAddresses(container) || container.imagePullPolicy === "Always" || mountsImage(pod, container))
    return undefined;
  try {
    const image = await dependencies.puller.present(container.image ?? "");
    if (image === undefined) return undefined;
    const config = await configureContainer(
      container,
      { pod, volumes, volumeImages: NO_VOLUME_IMAGES, image, podIps: [] },
      dependencies,
    );
    return { image, config };
  } catch {
    return undefined;
  }
}

function isToldAddresses({ env = [] }: AnyContainer): boolean {
  return env.some(({ valueFrom }) => /^status\.podIPs?$/.test(valueFrom?.fieldRef?.fieldPath ?? ""));
}

/** All that the runtime has to know. Rejects with an Error whose message is the container's waiting message. */
export async function configureContainer(
  container: AnyContainer,
  context: ConfigureContext & { image: Image },
  dependencies: PodDependencies,
): Promise<ContainerConfig> {
  const { pod, image, podIps } = context;
  const { paths, files, objects, cache, ownLabels, nodeMemoryBytes } = dependencies;
  const { uid } = identityOf(pod);
  const rootProblem = nonRootProblem(pod, container, image);
  if (rootProblem !== undefined) throw new Error(rootProblem);
  const environment = await containerEnvironment(pod, container as Container, {
    objects,
    services: dependencies.services(),
    fields: { ...dependencies.fields(pod), podIps },
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

async function containerMounts(
  container: AnyContainer,
  context: ConfigureContext & { environment: ReadonlyMap<string, string> },
  dependencies: PodDependencies,
): Promise<Mount[]> {
  const { pod, volumes, volumeImages, environment, podIps } = context;
  const { paths, files } = dependencies;
  const mounts = await volumeMounts(pod, container, { paths, files, volumes, environment, images: volumeImages.ready });
  if (!wantsEtcHosts(container)) return mounts;
  await writeEtcHosts(pod, podIps, dependencies);
  return [
    ...mounts,
    { containerPath: "/etc/hosts", hostPath: etcHostsPath(paths, identityOf(pod).uid), readonly: false },
  ];
}

/** The pod's /etc/hosts, in the file that its containers see. */
export async function writeEtcHosts(pod: Pod, podIps: readonly string[], dependencies: PodDependencies): Promise<void> {
  const { paths, files, clusterDomain } = dependencies;
  const hostFile = pod.spec?.hostNetwork === true ? await dependencies.hostsFile() : "";
  const text = etcHosts(pod, { podIps, clusterDomain, hostFile });
  await files.writeFile(etcHostsPath(paths, identityOf(pod).uid), text, { mode: 0o644, inMemory: true });
}

/** The running container whose processes an ephemeral container wants to see. */
function targetOf(container: AnyContainer, { pod }: { pod: Pod }, { cache }: PodDependencies): string | undefined {
  const target = (container as { targetContainerName?: string }).targetContainerName;
  if (!target) return undefined;
  const status = newest(cache.get(identityOf(pod).uid), target);
  if (status === undefined) throw new Error(`unable to find target container "${target}"`);
  return status.id;
}

/** The addresses that a pod's containers are reached at. */
export function podIpsOf(
  pod: Pod,
  sandbox: PodSandboxStatus | undefined,
  { hostIps }: PodDependencies,
): readonly string[] {
  return pod.spec?.hostNetwork === true ? hostIps : (sandbox?.ips ?? []);
}

/** The first of them; empty when there is none. */
export function podIpOf(pod: Pod, sandbox: PodSandboxStatus | undefined, dependencies: PodDependencies): string {
  return podIpsOf(pod, sandbox, dependencies)[0] ?? "";
}
