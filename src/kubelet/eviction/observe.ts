import type { Pod } from "../../api/generated/core/v1.ts";
import type { ContainerRuntime } from "../cri/runtime.ts";
import type { ContainerStats } from "../cri/state.ts";
import type { FilesystemFacts, KubeletHost } from "../host/host.ts";
import { CONTAINER_NAME_LABEL, podIdentity } from "../labels.ts";
import { type KubeletPaths, podDirectory, podLogDirectory, volumeDirectory } from "../pods/paths.ts";
import { identityOf } from "../pods/pod.ts";
import type { Observations } from "./signals.ts";
import type { PodUsage } from "./usage.ts";

export interface Observer {
  readonly host: KubeletHost;
  readonly runtime: ContainerRuntime;
  readonly paths: KubeletPaths;
  readonly ownLabels: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
  /** The disk that the runtime keeps images on; undefined when it does not tell. */
  imageDisk(): Promise<FilesystemFacts | undefined>;
}

export interface NodeObservation {
  readonly observations: Observations;
  /** Images and containers' layers lie on another disk than the kubelet's directories. */
  readonly ownImageDisk: boolean;
}

/** What the node has left of everything that pods are evicted for. */
export async function observeNode({
  host,
  paths,
  memoryBytes,
  imageDisk: ofImages,
}: Observer): Promise<NodeObservation> {
  const [usage, nodeDisk, imageDisk] = await Promise.all([host.usage(), host.filesystem(paths.root), ofImages()]);
  const observations: Observations = {
    "memory.available": { available: usage.memoryAvailableBytes, capacity: memoryBytes },
    "pid.available": { available: usage.maxProcesses - usage.processes, capacity: usage.maxProcesses },
    ...(nodeDisk !== undefined && {
      "nodefs.available": { available: nodeDisk.availableBytes, capacity: nodeDisk.totalBytes },
      ...(nodeDisk.inodes > 0 && {
        "nodefs.inodesFree": { available: nodeDisk.inodesFree, capacity: nodeDisk.inodes },
      }),
    }),
    ...(imageDisk !== undefined && {
      "imagefs.available": { available: imageDisk.availableBytes, capacity: imageDisk.totalBytes },
      ...(imageDisk.inodes > 0 && {
        "imagefs.inodesFree": { available: imageDisk.inodesFree, capacity: imageDisk.inodes },
      }),
    }),
  };
  const ownImageDisk = imageDisk !== undefined && nodeDisk !== undefined && imageDisk.device !== nodeDisk.device;
  return { observations, ownImageDisk };
}

/** What pods use, by uid; one whose containers the runtime tells nothing of is missing. */
export async function podUsages(
  pods: readonly Pod[],
  { host, runtime, paths, ownLabels }: Observer,
  options: { readonly disk: boolean },
): Promise<Map<string, PodUsage>> {
  const stats = await runtime.runtime.listContainerStats({ labels: ownLabels });
  const byPod = Map.groupBy(stats, ({ labels }) => podIdentity(labels)?.uid ?? "");
  const usages = new Map<string, PodUsage>();
  for (const pod of pods) {
    const identity = identityOf(pod);
    const own = byPod.get(identity.uid);
    if (own === undefined) continue;
    const containers = own.map(containerUsage);
    usages.set(identity.uid, {
      containers,
      memoryBytes: containers.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
      logBytes: options.disk ? await host.diskUsage(podLogDirectory(paths, identity)) : 0,
      volumeBytes: options.disk ? await volumeUsage(pod, { host, paths }) : new Map(),
    });
  }
  return usages;
}

function containerUsage({ labels, memory, writableLayer }: ContainerStats): PodUsage["containers"][number] {
  return {
    name: labels[CONTAINER_NAME_LABEL] ?? "",
    memoryBytes: memory?.workingSetBytes ?? 0,
    rootBytes: writableLayer?.usedBytes ?? 0,
    rootInodes: writableLayer?.inodesUsed ?? 0,
  };
}

async function volumeUsage(pod: Pod, { host, paths }: Pick<Observer, "host" | "paths">): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const directory = podDirectory(paths, identityOf(pod).uid);
  for (const { name, emptyDir } of pod.spec?.volumes ?? []) {
    if (emptyDir === undefined) continue;
    found.set(name, await host.diskUsage(volumeDirectory(directory, "empty-dir", name)));
  }
  return found;
}
