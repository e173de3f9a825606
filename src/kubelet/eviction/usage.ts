import type { Pod } from "../../api/generated/core/v1.ts";

/** What one container uses; parts that the runtime does not tell are 0. */
export interface ContainerUsage {
  readonly name: string;
  readonly memoryBytes: number;
  /** Of its own writable layer. */
  readonly rootBytes: number;
  readonly rootInodes: number;
}

/** What a pod uses of its node. */
export interface PodUsage {
  readonly containers: readonly ContainerUsage[];
  readonly memoryBytes: number;
  readonly logBytes: number;
  /** Of volumes that lie on the node's disk, by name. */
  readonly volumeBytes: ReadonlyMap<string, number>;
}

export type UsageOf = (pod: Pod) => PodUsage | undefined;

/** Volumes whose content lies on the node's disk and counts as the pod's. */
export function localVolumes(pod: Pod): string[] {
  return (pod.spec?.volumes ?? [])
    .filter(({ emptyDir }) => emptyDir !== undefined && emptyDir.medium !== "Memory")
    .map(({ name }) => name);
}

/** Which parts of a pod's disk use count: its containers' own layers, its logs and volumes, or both. */
export interface DiskParts {
  readonly layers: boolean;
  readonly logsAndVolumes: boolean;
}

export function diskBytes(usage: PodUsage, pod: Pod, parts: DiskParts): number {
  let total = 0;
  if (parts.layers) for (const { rootBytes } of usage.containers) total += rootBytes;
  if (!parts.logsAndVolumes) return total;
  total += usage.logBytes;
  for (const name of localVolumes(pod)) total += usage.volumeBytes.get(name) ?? 0;
  return total;
}

export function diskInodes(usage: PodUsage, parts: DiskParts): number {
  return parts.layers ? usage.containers.reduce((sum, { rootInodes }) => sum + rootInodes, 0) : 0;
}
