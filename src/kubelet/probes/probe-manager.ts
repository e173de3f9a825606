import type { ContainerStatus, Pod, Probe } from "../../api/generated/core/v1.ts";
import type { Clock } from "../../base/clock.ts";
import type { EventRecorder } from "../../client/events.ts";
import { type AnyContainer, containerFieldPath } from "../pods/pod.ts";
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

interface Work {
  readonly pod: Pod;
  readonly container: AnyContainer;
  readonly probe: Probe;
  readonly running: RunningContainer;
  readonly probed: Probed;
  readonly stopping: AbortController;
  readonly terminating: AbortController;
}

interface Probed {
  readonly uid: string;
  /** Absent for a container without probes. */
  readonly stopping?: AbortController;
  readonly terminating?: AbortController;
  readonly running: readonly Promise<void>[];
  started: boolean;
  ready: boolean;
  failed: "liveness" | "startup" | undefined;
  onStarted?: () => void;
}

const NONE: readonly Promise<void>[] = [];

export interface ProbeManagerOptions {
  readonly prober: Prober;
  readonly events: EventRecorder;
  readonly clock: Clock;
  /** A verdict about one of the pod's containers changed. */
  onChange(uid: string): void;
}

const PROBES = { liveness: "livenessProbe", readiness: "readinessProbe", startup: "startupProbe" } as const;
const TITLES: Record<ProbeType, string> = { liveness: "Liveness", readiness: "Readiness", startup: "Startup" };

export function createProbeManager(options: ProbeManagerOptions): ProbeManager {
  const { clock, prober, events, onChange } = options;
  const containers = new Map<string, Probed>();

  function begin(pod: Pod, container: AnyContainer, running: RunningContainer): Probed {
    const known = knownStatus(pod, running.id);
    const judged: Probed = {
      uid: pod.metadata?.uid ?? "",
      started: container.startupProbe === undefined || known?.started === true,
      ready: container.readinessProbe === undefined || known?.ready === true,
      failed: undefined,
      running: NONE,
    };
    if (Object.values(PROBES).every((name) => container[name] === undefined)) return judged;
    return probe(judged, { pod, container, running });
  }

  function probe(judged: Probed, of: Pick<Work, "pod" | "container" | "running">): Probed {
    const begun: Promise<void>[] = [];
    const stopping = new AbortController();
    const terminating = new AbortController();
    const probed: Probed = { ...judged, running: begun, stopping, terminating };
    const work = (type: ProbeType) => {
      const wanted = of.container[PROBES[type]];
      if (wanted !== undefined) begun.push(runOne(type, { ...of, probe: wanted, probed, stopping, terminating }));
    };
    const others = () => {
      work("liveness");
      work("readiness");
    };
    // Until the container has started, nothing else may judge it.
    if (probed.started) others();
    else work("startup");
    probed.onStarted = others;
    return probed;
  }

  function runOne(type: ProbeType, of: Work): Promise<void> {
    const { pod, container, probe, running, probed, stopping, terminating } = of;
    // Readiness goes on to the end: traffic may still come.
    const signal = type === "readiness" ? stopping.signal : AbortSignal.any([stopping.signal, terminating.signal]);
    return runProbeWorker({
      type,
      probe,
      target: { pod, container, containerId: running.id, podIp: running.podIp },
      startedAtMs: running.startedAtMs,
      prober,
      clock,
      signal,
      onResult: (success) => {
        if (type === "readiness") probed.ready = success;
        else if (!success) probed.failed = type;
        else if (type === "startup" && !probed.started) {
          probed.started = true;
          probed.onStarted?.();
        }
        onChange(probed.uid);
      },
      onFailure: (output) =>
        events.event(pod, {
          type: "Warning",
          reason: "Unhealthy",
          message: `${TITLES[type]} probe failed: ${output}`,
          fieldPath: containerFieldPath(pod, container.name),
        }),
    });
  }

  return {
    containerRuns(pod, container, running) {
      if (!containers.has(running.id)) containers.set(running.id, begin(pod, container, running));
    },
    forget(containerId) {
      containers.get(containerId)?.stopping?.abort();
      containers.delete(containerId);
    },
    containerTerminates: (containerId) => containers.get(containerId)?.terminating?.abort(),
    // Before the kubelet has looked at a running container nothing is known against it.
    hasStarted: (containerId) => containers.get(containerId)?.started ?? false,
    isReady: (containerId) => containers.get(containerId)?.ready ?? false,
    failedProbe: (containerId) => containers.get(containerId)?.failed,
    async stop() {
      const workers = [...containers.values()].flatMap(({ running }) => running);
      for (const { stopping } of containers.values()) stopping?.abort();
      containers.clear();
      await Promise.all(workers);
    },
  };
}

/** What an earlier kubelet found out about this very container: a restart of the kubelet makes no container unready. */
function knownStatus(pod: Pod, containerId: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses].find(({ containerID }) =>
    containerID?.endsWith(`://${containerId}`),
  );
}
