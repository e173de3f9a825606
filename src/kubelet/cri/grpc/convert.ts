import type { ContainerConfig, LinuxContainerResources, PodSandboxConfig } from "../config.ts";
import type {
  Container,
  ContainerState,
  ContainerStats,
  ContainerStatus,
  FilesystemUsage,
  Image,
  PodSandbox,
  PodSandboxStatus,
  RuntimeCondition,
  RuntimeHandler,
  RuntimeStatus,
} from "../state.ts";

/** Messages as they come off the wire: 64-bit numbers are texts, missing messages are null. */
type Wrapped = { value: string } | null;

export interface WireStatus {
  status: { conditions: RuntimeCondition[] };
  info: Record<string, string>;
  runtimeHandlers: { name: string; features: RuntimeHandler["features"] | null }[];
  features: RuntimeStatus["features"] | null;
}

export interface WireSandbox {
  id: string;
  metadata: PodSandbox["metadata"];
  state: PodSandbox["state"];
  createdAt: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  network?: { ip: string; additionalIps: { ip: string }[] } | null;
}

export interface WireContainer {
  id: string;
  podSandboxId: string;
  metadata: Container["metadata"];
  image: { image: string } | null;
  imageRef: string;
  state: ContainerState;
  createdAt: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export interface WireContainerStatus extends Omit<WireContainer, "podSandboxId"> {
  startedAt: string;
  finishedAt: string;
  exitCode: number;
  reason: string;
  message: string;
  logPath: string;
  resources: { linux: Record<keyof LinuxContainerResources, string> | null } | null;
}

export interface WireImage {
  id: string;
  repoTags: string[];
  repoDigests: string[];
  size: string;
  uid: Wrapped;
  username: string;
  pinned: boolean;
}

export interface WireFilesystemUsage {
  timestamp: string;
  fsId: { mountpoint: string } | null;
  usedBytes: Wrapped;
  inodesUsed: Wrapped;
}

export interface WireStats {
  attributes: { id: string; labels: Record<string, string> };
  cpu: { timestamp: string; usageCoreNanoSeconds: Wrapped } | null;
  memory: {
    timestamp: string;
    workingSetBytes: Wrapped;
    usageBytes: Wrapped;
    rssBytes: Wrapped;
    pageFaults: Wrapped;
    majorPageFaults: Wrapped;
  } | null;
  writableLayer: WireFilesystemUsage | null;
}

/** Nanoseconds since the epoch as milliseconds with a fraction; 0 stays 0. */
export function milliseconds(nanoseconds: string): number {
  const value = BigInt(nanoseconds);
  return value <= 0n ? 0 : Number(value / 1_000_000n) + Number(value % 1_000_000n) / 1e6;
}

const unwrap = (wrapped: Wrapped): number => (wrapped === null ? 0 : Number(wrapped.value));
const wrap = (value: number | undefined): { value: number } | undefined =>
  value === undefined ? undefined : { value };

/** User and group are messages of their own on the wire, which tells an absent one from 0. */
export function configToWire(config: PodSandboxConfig | ContainerConfig): unknown {
  const { securityContext } = config.linux;
  return {
    ...config,
    linux: {
      ...config.linux,
      securityContext: {
        ...securityContext,
        runAsUser: wrap(securityContext.runAsUser),
        runAsGroup: wrap(securityContext.runAsGroup),
      },
    },
  };
}

export function handlerFromWire({ name, features }: WireStatus["runtimeHandlers"][number]): RuntimeHandler {
  return { name, features: features ?? { recursiveReadOnlyMounts: false, userNamespaces: false } };
}

export function sandboxFromWire(wire: WireSandbox): PodSandbox {
  const { id, metadata, state, createdAt, labels, annotations } = wire;
  return { id, metadata, state, createdAtMs: milliseconds(createdAt), labels, annotations };
}

export function sandboxStatusFromWire(wire: WireSandbox): PodSandboxStatus {
  const ips = [wire.network?.ip ?? "", ...(wire.network?.additionalIps ?? []).map(({ ip }) => ip)];
  return { ...sandboxFromWire(wire), ips: ips.filter((ip) => ip !== "") };
}

export function containerFromWire(wire: WireContainer): Container {
  return { ...commonFromWire(wire), podSandboxId: wire.podSandboxId };
}

export function containerStatusFromWire(wire: WireContainerStatus): ContainerStatus {
  return {
    ...commonFromWire(wire),
    startedAtMs: milliseconds(wire.startedAt),
    finishedAtMs: milliseconds(wire.finishedAt),
    exitCode: wire.exitCode,
    reason: wire.reason,
    message: wire.message,
    logPath: wire.logPath,
    ...(wire.resources?.linux && { resources: resourcesFromWire(wire.resources.linux) }),
  };
}

function resourcesFromWire(wire: Record<keyof LinuxContainerResources, string>): LinuxContainerResources {
  return {
    cpuPeriod: Number(wire.cpuPeriod),
    cpuQuota: Number(wire.cpuQuota),
    cpuShares: Number(wire.cpuShares),
    memoryLimitInBytes: Number(wire.memoryLimitInBytes),
    oomScoreAdj: Number(wire.oomScoreAdj),
  };
}

function commonFromWire(wire: Omit<WireContainer, "podSandboxId">): Omit<Container, "podSandboxId"> {
  const { id, metadata, imageRef, state, labels, annotations } = wire;
  return {
    id,
    metadata,
    image: wire.image?.image ?? "",
    imageRef,
    state,
    createdAtMs: milliseconds(wire.createdAt),
    labels,
    annotations,
  };
}

export function imageFromWire(wire: WireImage): Image {
  const { id, repoTags, repoDigests, username, pinned } = wire;
  const image = { id, repoTags, repoDigests, sizeBytes: Number(wire.size), username, pinned };
  return wire.uid === null ? image : { ...image, uid: unwrap(wire.uid) };
}

export function filesystemFromWire(wire: WireFilesystemUsage): FilesystemUsage {
  return {
    timestampMs: milliseconds(wire.timestamp),
    mountpoint: wire.fsId?.mountpoint ?? "",
    usedBytes: unwrap(wire.usedBytes),
    inodesUsed: unwrap(wire.inodesUsed),
  };
}

export function statsFromWire(wire: WireStats): ContainerStats {
  const { cpu, memory, writableLayer } = wire;
  return {
    id: wire.attributes.id,
    labels: wire.attributes.labels,
    ...(cpu && {
      cpu: { timestampMs: milliseconds(cpu.timestamp), usageCoreNanoSeconds: unwrap(cpu.usageCoreNanoSeconds) },
    }),
    ...(memory && {
      memory: {
        timestampMs: milliseconds(memory.timestamp),
        workingSetBytes: unwrap(memory.workingSetBytes),
        usageBytes: unwrap(memory.usageBytes),
        rssBytes: unwrap(memory.rssBytes),
        pageFaults: unwrap(memory.pageFaults),
        majorPageFaults: unwrap(memory.majorPageFaults),
      },
    }),
    ...(writableLayer && { writableLayer: filesystemFromWire(writableLayer) }),
  };
}
