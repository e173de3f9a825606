import type { Pod } from "../api/generated/core/v1.ts";
import { failure } from "../api/status.ts";
import type { ContainerStats, ExecSyncResult, FilesystemUsage } from "./cri/state.ts";
import type { ContainerLog, ContainerTarget, KubeletHandle, StreamOptions } from "./handle.ts";
import type { NodeReporting } from "./node/reporting.ts";
import { containerLog, loggedContainer, runningContainer } from "./pods/containers.ts";
import type { PodDependencies } from "./pods/dependencies.ts";
import { identityOf } from "./pods/pod.ts";
import type { PodManager } from "./pods/pod-manager.ts";
import { type PodContainerStatus, readySandbox } from "./pods/runtime-state.ts";

/** What of a kubelet its handle needs. */
export interface HandledKubelet {
  readonly nodeName: string;
  readonly manager: PodManager;
  readonly parts: PodDependencies;
  readonly reporting: NodeReporting;
  stop: KubeletHandle["stop"];
}

type PodTarget = { readonly namespace: string; readonly pod: string; readonly uid?: string };

/** What the kubelet answers about its pods: reads of what workers keep, and calls of the runtime. A class, as there may be thousands. */
export class RunningKubelet implements KubeletHandle {
  readonly #kubelet: HandledKubelet;

  constructor(kubelet: HandledKubelet) {
    this.#kubelet = kubelet;
  }

  get nodeName(): string {
    return this.#kubelet.nodeName;
  }

  get ready(): Promise<void> {
    return this.#kubelet.reporting.ready;
  }

  get #runtime() {
    return this.#kubelet.parts.runtime;
  }

  health(): string[] {
    return this.#kubelet.reporting.problems();
  }

  pods(): Pod[] {
    const { manager, parts } = this.#kubelet;
    return manager.pods().map((pod) => {
      const status = parts.statuses.get(identityOf(pod).uid);
      return status === undefined ? pod : { ...pod, status: { ...pod.status, ...status } };
    });
  }

  podByName(namespace: string, name: string, uid?: string): Pod | undefined {
    return this.pods().find((pod) => {
      const identity = identityOf(pod);
      return identity.namespace === namespace && identity.name === name && (!uid || identity.uid === uid);
    });
  }

  #find({ namespace, pod: name, uid }: PodTarget): Pod {
    const pod = this.podByName(namespace, name, uid);
    if (pod === undefined) throw failure(404, "NotFound", `pod does not exist`);
    return pod;
  }

  #running(target: ContainerTarget): PodContainerStatus {
    return runningContainer(this.#kubelet.parts.cache.get(identityOf(this.#find(target)).uid), target);
  }

  async exec(target: ContainerTarget, command: readonly string[], streams: StreamOptions): Promise<string> {
    const { id: containerId } = this.#running(target);
    return this.#runtime.runtime.exec({ containerId, command, ...streams });
  }

  async attach(target: ContainerTarget, streams: StreamOptions): Promise<string> {
    const { id: containerId } = this.#running(target);
    return this.#runtime.runtime.attach({ containerId, ...streams });
  }

  async portForward(target: PodTarget, ports: readonly number[]): Promise<string> {
    const sandbox = readySandbox(this.#kubelet.parts.cache.get(identityOf(this.#find(target)).uid));
    if (sandbox === undefined) throw failure(404, "NotFound", `not running: pod ${target.pod} has no ready sandbox`);
    return this.#runtime.runtime.portForward(sandbox.id, ports);
  }

  async run(target: ContainerTarget, command: readonly string[], timeoutSeconds: number): Promise<ExecSyncResult> {
    const { id } = this.#running(target);
    return this.#runtime.runtime.execSync(id, command, timeoutSeconds);
  }

  async log(target: ContainerTarget, { previous }: { previous: boolean }): Promise<ContainerLog> {
    const { cache } = this.#kubelet.parts;
    const pod = this.#find(target);
    const { uid } = identityOf(pod);
    const status = loggedContainer(pod, cache.get(uid), { container: target.container, previous });
    return containerLog(cache, uid, status);
  }

  containerStats(): Promise<ContainerStats[]> {
    return this.#runtime.runtime.listContainerStats({ labels: this.#kubelet.parts.ownLabels });
  }

  imageFilesystems(): Promise<FilesystemUsage[]> {
    return this.#runtime.images.imageFsInfo();
  }

  stop(options?: { keepPods?: boolean; graceSeconds?: number }): Promise<void> {
    return this.#kubelet.stop(options);
  }
}
