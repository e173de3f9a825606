import type { LinuxContainerResources, PodSandboxMetadata } from "./config.ts";

/** What a runtime tells: the CRI's response messages. Times are milliseconds since the epoch, 0 when not yet. */
export interface PodSandbox {
  readonly id: string;
  readonly metadata: PodSandboxMetadata;
  readonly state: "SANDBOX_READY" | "SANDBOX_NOTREADY";
  readonly createdAtMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface PodSandboxStatus extends PodSandbox {
  /** The pod's addresses, the primary one first; none in the host's network. */
  readonly ips: readonly string[];
}

export type ContainerState = "CONTAINER_CREATED" | "CONTAINER_RUNNING" | "CONTAINER_EXITED" | "CONTAINER_UNKNOWN";

export interface Container {
  readonly id: string;
  readonly podSandboxId: string;
  readonly metadata: { readonly name: string; readonly attempt: number };
  /** Image as the kubelet named it at creation. */
  readonly image: string;
  /** Identifier of the image on this node. */
  readonly imageRef: string;
  readonly state: ContainerState;
  readonly createdAtMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ContainerStatus extends Omit<Container, "podSandboxId"> {
  /** Where the runtime tells it here too, which the CRI does not ask for. */
  readonly podSandboxId?: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  /** `OOMKilled`, `Error`, `Completed`, `StartError` … */
  readonly reason: string;
  readonly message: string;
  /** Absolute path of the container's log. */
  readonly logPath: string;
  /** What the runtime enforces now. Absent where it does not say (containerd before 1.7). */
  readonly resources?: LinuxContainerResources;
}

export interface Image {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly sizeBytes: number;
  /** Numeric user that the image runs as. Absent when it names one, or none. */
  readonly uid?: number;
  readonly username: string;
  readonly pinned: boolean;
}

export interface RuntimeVersion {
  readonly runtimeName: string;
  readonly runtimeVersion: string;
  readonly runtimeApiVersion: string;
}

export interface RuntimeCondition {
  readonly type: string;
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

/** One way to run pods, as RuntimeClasses name it. The default one has an empty name. */
export interface RuntimeHandler {
  readonly name: string;
  readonly features: { readonly recursiveReadOnlyMounts: boolean; readonly userNamespaces: boolean };
}

export interface RuntimeStatus {
  /** RuntimeReady and NetworkReady at least. */
  readonly conditions: readonly RuntimeCondition[];
  /** Free-form facts as JSON texts; empty unless asked for. */
  readonly info: Readonly<Record<string, string>>;
  /** Absent where the runtime does not tell. */
  readonly handlers?: readonly RuntimeHandler[];
  readonly features?: { readonly supplementalGroupsPolicy: boolean };
}

export interface ExecSyncResult {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly exitCode: number;
}

export interface ContainerStats {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly cpu?: { readonly timestampMs: number; readonly usageCoreNanoSeconds: number };
  readonly memory?: {
    readonly timestampMs: number;
    readonly workingSetBytes: number;
    readonly usageBytes: number;
    readonly rssBytes: number;
    readonly pageFaults: number;
    readonly majorPageFaults: number;
  };
  readonly writableLayer?: FilesystemUsage;
}

export interface FilesystemUsage {
  readonly timestampMs: number;
  readonly mountpoint: string;
  readonly usedBytes: number;
  readonly inodesUsed: number;
}

/** Something happened to a container or sandbox: a hint to look again, never the truth itself. */
export type ContainerEvent = { readonly containerId: string; readonly type: ContainerEventType } | Subscribed;

export type ContainerEventType = "created" | "started" | "stopped" | "deleted";

/** From now on whatever happens is told. */
interface Subscribed {
  readonly type: "subscribed";
}
