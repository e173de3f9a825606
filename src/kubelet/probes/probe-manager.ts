import type { ContainerStatus, Pod } from "../../api/generated/core/v1.ts";
import type { Clock } from "../../base/clock.ts";
import type { EventRecorder } from "../../client/events.ts";
import { type AnyContainer, containerFieldPath, identityOf, isProbed } from "../pods/pod.ts";
import { type ProbeType, runProbeWorker } from "./probe-worker.ts";
import type { Prober } from "./prober.ts";
import type { ProbeResults } from "./results.ts";

export interface ProbeManager extends ProbeResults {
  /** The container runs: probe it from now on. Idempotent. */
  containerRuns(pod: Pod, container: AnyContainer, running: RunningContainer): void;
  /** The container ended, or is about to: its probes end and their results are forgotten. */
  forget(containerId: string): void;
  /** Probes that would replace the container end; readiness goes on while it terminates. */
  containerTerminates(containerId: string): void;
  stop(): Promise<void>;
}

export interface RunningContainer {
  readonly id: string;
  readonly startedAtMs: number;
  readonly podIp: string;
}

interface Probed {
  readonly pod: Pod;
  readonly container: AnyContainer;
  readonly running: RunningContainer;
  readonly workers: Promise<void>[];
  readonly stopping: AbortController;
  readonly terminating: AbortController;
  started: boolean;
  ready: boolean;
  failed: "liveness" | "startup" | undefined;
}

export interface ProbeManagerOptions {
  readonly prober: Prober;
  readonly events: EventRecorder;
  readonly clock: Clock;
  /** A verdict about one of the pod's containers changed. */
  onChange(uid: string): void;
}

const PROBES = { liveness: "livenessProbe", readiness: "readinessProbe", startup: "startupProbe" } as const;
const TITLES: Record<ProbeType, string> = { liveness: "Liveness", readiness: "Readiness", startup: "Startup" };

/** Containers without probes are nobody's here: they have started and are ready. */
export function createProbeManager(options: ProbeManagerOptions): ProbeManager {
  return new ContainerProbes(options);
}

/** A class, because thousands of kubelets of one process have one each. */
class ContainerProbes implements ProbeManager {
  readonly #options: ProbeManagerOptions;
  /** By id. */
  #containers: Map<string, Probed> | undefined;

  constructor(options: ProbeManagerOptions) {
    this.#options = options;
  }

  containerRuns(pod: Pod, container: AnyContainer, running: RunningContainer): void {
    if (!isProbed(container) || this.#containers?.has(running.id)) return;
    this.#containers ??= new Map();
    this.#containers.set(running.id, this.#begin(pod, container, running));
  }

  forget(containerId: string): void {
    this.#containers?.get(containerId)?.stopping.abort();
    this.#containers?.delete(containerId);
  }

  containerTerminates(containerId: string): void {
    this.#containers?.get(containerId)?.terminating.abort();
  }

  // Before the kubelet has looked at a running container nothing is known of its probes.
  hasStarted(containerId: string, { startupProbe }: AnyContainer): boolean {
    return startupProbe === undefined || this.#containers?.get(containerId)?.started === true;
  }

  isReady(containerId: string, { readinessProbe }: AnyContainer): boolean {
    return readinessProbe === undefined || this.#containers?.get(containerId)?.ready === true;
  }

  failedProbe(containerId: string): "liveness" | "startup" | undefined {
    return this.#containers?.get(containerId)?.failed;
  }

  async stop(): Promise<void> {
    const all = [...(this.#containers?.values() ?? [])];
    for (const { stopping } of all) stopping.abort();
    this.#containers = undefined;
    await Promise.all(all.flatMap(({ workers }) => workers));
  }

  #begin(pod: Pod, container: AnyContainer, running: RunningContainer): Probed {
    const known = knownStatus(pod, running.id);
    const probed: Probed = {
      ...{ pod, container, running },
      workers: [],
      stopping: new AbortController(),
      terminating: new AbortController(),
      started: container.startupProbe === undefined || known?.started === true,
      ready: container.readinessProbe === undefined || known?.ready === true,
      failed: undefined,
    };
    // Until the container has started, nothing else may judge it.
    if (probed.started) this.#judge(probed);
    else this.#run("startup", probed);
    return probed;
  }

  #judge(probed: Probed): void {
    this.#run("liveness", probed);
    this.#run("readiness", probed);
  }

  #run(type: ProbeType, probed: Probed): void {
    const { pod, container, running, stopping, terminating } = probed;
    const { prober, clock, events } = this.#options;
    const probe = container[PROBES[type]];
    if (probe === undefined) return;
    // Readiness goes on to the end: traffic may still come.
    const signal = type === "readiness" ? stopping.signal : AbortSignal.any([stopping.signal, terminating.signal]);
    const worker = runProbeWorker({
      ...{ type, probe, prober, clock, signal },
      target: { pod, container, containerId: running.id, podIp: running.podIp },
      startedAtMs: running.startedAtMs,
      onResult: (success) => this.#onResult(type, probed, success),
      onFailure: (output) =>
        events.event(pod, {
          type: "Warning",
          reason: "Unhealthy",
          message: `${TITLES[type]} probe failed: ${output}`,
          fieldPath: containerFieldPath(pod, container.name),
        }),
    });
    probed.workers.push(worker);
  }

  #onResult(type: ProbeType, probed: Probed, success: boolean): void {
    if (type === "readiness") probed.ready = success;
    else if (!success) probed.failed = type;
    else if (type === "startup" && !probed.started) {
      probed.started = true;
      this.#judge(probed);
    }
    this.#options.onChange(identityOf(probed.pod).uid);
  }
}

/** What an earlier kubelet found out about this very container: a restart of the kubelet makes no container unready. */
function knownStatus(pod: Pod, containerId: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses].find(({ containerID }) =>
    containerID?.endsWith(`://${containerId}`),
  );
}
