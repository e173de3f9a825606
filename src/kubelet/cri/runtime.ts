import type {
  AttachRequest,
  AuthConfig,
  ContainerConfig,
  ExecRequest,
  LinuxContainerResources,
  PodSandboxConfig,
} from "./config.ts";
import type {
  Container,
  ContainerEvent,
  ContainerStats,
  ContainerStatus,
  ExecSyncResult,
  FilesystemUsage,
  Image,
  PodSandbox,
  PodSandboxStatus,
  RuntimeStatus,
  RuntimeVersion,
} from "./state.ts";

/**
 * The seam between the kubelet and what runs containers: Kubernetes' Container Runtime Interface (CRI v1) as TypeScript.
 * containerd through gRPC is one implementation, the simulated runtime another; conformance.ts holds for all.
 *
 * - Every call rejects with RuntimeError only. `Unavailable` means that the runtime cannot be reached and the outcome of
 *   a change is unknown: list again, never assume.
 * - A sandbox's (namespace, name, uid, attempt) is unique, and a container's (name, attempt) within its sandbox;
 *   a second one with the same is refused with AlreadyExists or Unknown.
 * - Labels and annotations come back exactly as given. Whoever lists recognises its own things by labels alone.
 * - Calls may run at the same time, also for one pod. No call blocks the event loop.
 */
export interface RuntimeService {
  version(): Promise<RuntimeVersion>;
  /** Whether containers (RuntimeReady) and their network (NetworkReady) can start. */
  status(options?: { verbose?: boolean }): Promise<RuntimeStatus>;

  /** Creates a sandbox and starts it; resolves with its id when it is ready and has its address. */
  runPodSandbox(config: PodSandboxConfig, options?: { runtimeHandler?: string }): Promise<string>;
  /** Kills what runs in the sandbox and gives its network back. Idempotent; an unknown sandbox is no error. */
  stopPodSandbox(podSandboxId: string): Promise<void>;
  /** Removes the sandbox and its containers. Idempotent; an unknown sandbox is no error. */
  removePodSandbox(podSandboxId: string): Promise<void>;
  /** NotFound for an unknown id. */
  podSandboxStatus(podSandboxId: string): Promise<PodSandboxStatus>;
  listPodSandboxes(filter?: ListFilter): Promise<PodSandbox[]>;

  /**
   * Creates a container that does not run yet; its image, and those that it mounts, must be present. The sandbox's own config
   * comes along. The message of an image that cannot be mounted begins with `ImageVolumeMountFailed`.
   */
  createContainer(podSandboxId: string, config: ContainerConfig, sandboxConfig: PodSandboxConfig): Promise<string>;
  /** Starts a created container. A program that cannot be executed is an error here, and leaves the container exited. */
  startContainer(containerId: string): Promise<void>;
  /** Sends the image's stop signal (SIGTERM), then SIGKILL after the timeout; resolves when it has exited. Idempotent. */
  stopContainer(containerId: string, timeoutSeconds: number): Promise<void>;
  /** Removes the container, killing it when it runs. Idempotent; an unknown container is no error. */
  removeContainer(containerId: string): Promise<void>;
  listContainers(filter?: ContainerFilter): Promise<Container[]>;
  /** NotFound for an unknown id. */
  containerStatus(containerId: string): Promise<ContainerStatus>;
  /**
   * Changes what a created or running container may use: what is given; what is not stays. Its status tells of it as soon as this
   * resolves, where the runtime tells of resources at all. NotFound for an unknown id; the message of another error is the kernel's.
   */
  updateContainerResources(containerId: string, resources: LinuxContainerResources): Promise<void>;
  /** To be called after the log file was moved away. */
  reopenContainerLog(containerId: string): Promise<void>;

  /** Runs a command to its end. DeadlineExceeded when it takes longer than the timeout (0: no limit). */
  execSync(containerId: string, command: readonly string[], timeoutSeconds: number): Promise<ExecSyncResult>;
  /** URL of a streaming server (SPDY/3.1, WebSocket) on this machine that serves this one request, for a short time. */
  exec(request: ExecRequest): Promise<string>;
  attach(request: AttachRequest): Promise<string>;
  portForward(podSandboxId: string, ports: readonly number[]): Promise<string>;

  containerStats(containerId: string): Promise<ContainerStats>;
  listContainerStats(filter?: ContainerFilter): Promise<ContainerStats[]>;
  /** Addresses for pods, for runtimes that write their own network configuration. */
  updateRuntimeConfig(config: { podCidr: string }): Promise<void>;
  /**
   * Hints as things happen, until the signal aborts (then it ends) or the connection breaks (Unavailable).
   * Unimplemented where a runtime has none: poll. What happened before `subscribed` may not be told: list after it. A runtime
   * of which nobody can know from when on it tells never says so, and is to be polled as well.
   */
  containerEvents(signal: AbortSignal): AsyncIterable<ContainerEvent>;
}

export interface ImageService {
  listImages(): Promise<Image[]>;
  /** Undefined when the image is not on this node. */
  imageStatus(image: string): Promise<Image | undefined>;
  /** Fetches the image and resolves with its identifier on this node. The message of an error names the cause. */
  pullImage(image: string, options?: { auth?: AuthConfig; sandboxConfig?: PodSandboxConfig }): Promise<string>;
  /** Idempotent. */
  removeImage(image: string): Promise<void>;
  imageFsInfo(): Promise<FilesystemUsage[]>;
}

/** One runtime of one node. */
export interface ContainerRuntime {
  readonly runtime: RuntimeService;
  readonly images: ImageService;
  /** Ends the connection; containers live on. */
  close(): Promise<void>;
}

/** All fields must match. */
export interface ListFilter {
  readonly id?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ContainerFilter extends ListFilter {
  readonly podSandboxId?: string;
}

export type RuntimeErrorCode =
  | "NotFound"
  | "AlreadyExists"
  | "InvalidArgument"
  | "DeadlineExceeded"
  | "Unavailable"
  | "Unimplemented"
  | "Unknown";

/** Why a runtime did not do as asked. The message is the runtime's own. */
export class RuntimeError extends Error {
  override name = "RuntimeError";
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
