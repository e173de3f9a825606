import type { Pod } from "../api/generated/core/v1.ts";
import type { ContainerStats, ExecSyncResult, FilesystemUsage } from "./cri/state.ts";

/** Names a container of a pod on this node. */
export interface ContainerTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** When given, the pod must have it. */
  readonly uid?: string;
}

export interface StreamOptions {
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/**
 * A running kubelet, as its HTTPS server and the wiring see it. Calls about a pod or container that is not here, or not in
 * a state for it, reject with StatusError (404 NotFound, 400 BadRequest) in upstream's words.
 */
export interface KubeletHandle {
  readonly nodeName: string;
  /** Resolves when the node is registered and was reported Ready once. */
  readonly ready: Promise<void>;
  /** Pods bound to this node, with their status as the kubelet knows it, which may be newer than the API's. */
  pods(): Pod[];
  podByName(namespace: string, name: string, uid?: string): Pod | undefined;
  /** Why the kubelet is not healthy, one text a reason; empty when it is. */
  health(): string[];

  /** URL of the runtime's streaming server for one request. */
  exec(target: ContainerTarget, command: readonly string[], streams: StreamOptions): Promise<string>;
  attach(target: ContainerTarget, streams: StreamOptions): Promise<string>;
  portForward(pod: { namespace: string; pod: string; uid?: string }, ports: readonly number[]): Promise<string>;
  /** Runs a command without streams, as the kubelet's /run does. */
  run(target: ContainerTarget, command: readonly string[], timeoutSeconds: number): Promise<ExecSyncResult>;
  /**
   * Where the container's log is. `previous` asks for the last terminated instance. `live` tells whether more may come,
   * and `exited` resolves when the container has ended (at once when it is not running).
   */
  log(target: ContainerTarget, options: { previous: boolean }): Promise<ContainerLog>;

  /** Resource use of running containers, with the kubelet's labels (cri/labels.ts). */
  containerStats(): Promise<ContainerStats[]>;
  imageFilesystems(): Promise<FilesystemUsage[]>;

  /**
   * Stops working. Pods are ended with their grace periods (at most `graceSeconds`, default 30) and removed from the
   * runtime, unless keepPods leaves them running for the next start. The API is not told that pods are gone: they are
   * still wanted.
   */
  stop(options?: { keepPods?: boolean; graceSeconds?: number }): Promise<void>;
}

export interface ContainerLog {
  readonly path: string;
  readonly containerId: string;
  /** The container may still write. */
  readonly running: boolean;
  /** Resolves once the container no longer runs. */
  readonly exited: Promise<void>;
}
