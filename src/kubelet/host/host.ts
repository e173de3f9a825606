import type { DnsConfig } from "../cri/config.ts";
import type { LogFiles } from "../logs/log-files.ts";
import type { VolumeFiles } from "../volumes/files.ts";
import type { PodCgroups } from "./pod-cgroups.ts";

/** What a node is. */
export interface HostFacts {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly ephemeralStorageBytes: number;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** `linux`. */
  readonly operatingSystem: string;
  /** Go's name: `amd64`, `arm64`. */
  readonly architecture: string;
  /** The kernel enforces AppArmor profiles. */
  readonly appArmor: boolean;
}

/** How much of it is left. */
export interface HostUsage {
  readonly memoryAvailableBytes: number;
  readonly processes: number;
  readonly maxProcesses: number;
}

/** A file system: whose it is, and what is left of it. */
export interface FilesystemFacts {
  /** The same for paths on the same one. */
  readonly device: string;
  readonly totalBytes: number;
  readonly availableBytes: number;
  /** 0 where there is no fixed number of them. */
  readonly inodes: number;
  readonly inodesFree: number;
}

/**
 * The seam between the kubelet and the machine that it runs on, beyond the container runtime. linux-host.ts is this
 * machine, simulated-host.ts one that is only told about.
 */
export interface KubeletHost {
  readonly files: VolumeFiles;
  readonly cgroups: PodCgroups;
  readonly logs: LogFiles;
  /** Where the machine's own services log; absent when there is no machine. */
  readonly systemLogDirectory?: string;
  facts(): Promise<HostFacts>;
  usage(): Promise<HostUsage>;
  /** Nothing ever runs short, so that nobody need look. */
  readonly isNeverScarce?: boolean;
  /** The one that a path is on; undefined when there is nothing at the path. */
  filesystem(path: string): Promise<FilesystemFacts | undefined>;
  /** Bytes of the disk that a directory takes; 0 when there is none. */
  diskUsage(path: string): Promise<number>;
  /** The node's own resolver. */
  dnsConfig(): Promise<DnsConfig>;
  /** The node's /etc/hosts. */
  hostsFile(): Promise<string>;
  /** Directories, and what secrets lie in, before the first pod. */
  prepare(): Promise<void>;
  /** Undoes it, once no pod is left. */
  release(): Promise<void>;
}
