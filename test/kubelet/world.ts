import type { Container, Pod, PodSpec } from "../../src/api/generated/core/v1.ts";
import { events, namespaces, pods, serviceAccounts } from "../../src/api/generated/resources.ts";
import { isNotFound } from "../../src/api/status.ts";
import { startMemoryServer } from "../../src/apiserver/testing/memory-server.ts";
import { silentLogger } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import { settle } from "../../src/base/virtual-clock.ts";
import { createEventRecorder } from "../../src/client/event-recorder.ts";
import { createInformerSet } from "../../src/client/informer-set.ts";
import type { ContainerRuntime } from "../../src/kubelet/cri/runtime.ts";
import type { SimulationRules } from "../../src/kubelet/cri/simulated/rules.ts";
import { createSimulatedProber } from "../../src/kubelet/cri/simulated/simulated-prober.ts";
import { createSimulatedRuntime } from "../../src/kubelet/cri/simulated/simulated-runtime.ts";
import type { KubeletHandle } from "../../src/kubelet/handle.ts";
import type { KubeletHost } from "../../src/kubelet/host/host.ts";
import { createSimulatedHost } from "../../src/kubelet/host/simulated-host.ts";
import { startKubelet } from "../../src/kubelet/kubelet.ts";
import type { KubeletOptions } from "../../src/kubelet/kubelet-options.ts";
import type { VolumeFiles } from "../../src/kubelet/volumes/files.ts";
import { noFiles } from "../../src/kubelet/volumes/no-files.ts";

export const NODE = "n1";

/** A machine like that one, on which things may become scarce, and otherwise as told. */
function hostLike(host: KubeletHost, otherwise: Partial<KubeletHost>): KubeletHost {
  return {
    files: host.files,
    logs: host.logs,
    cgroups: host.cgroups,
    facts: () => host.facts(),
    usage: () => host.usage(),
    filesystem: (path) => host.filesystem(path),
    diskUsage: (path) => host.diskUsage(path),
    dnsConfig: () => host.dnsConfig(),
    hostsFile: () => host.hostsFile(),
    prepare: () => host.prepare(),
    release: () => host.release(),
    ...otherwise,
  };
}

/** The real API server in memory, a real kubelet, a simulated runtime, and one clock that the test moves. */
export async function startWorld(
  options: {
    rules?: Partial<SimulationRules>;
    prober?: KubeletOptions["prober"];
    maxPods?: number;
    files?: VolumeFiles;
    /** Where real files lie, when they are of this machine. */
    dataDirectory?: string;
    /** What the machine is otherwise than the simulated one. */
    host?: Partial<KubeletHost>;
  } = {},
) {
  const memory = await startMemoryServer();
  const { clock, client } = memory;
  const random = seededRandom(3);
  const runtime = createSimulatedRuntime({ clock, random, rules: options.rules });
  for (const name of ["default", "kube-node-lease"]) await client.create(namespaces, { metadata: { name } });
  await client.create(serviceAccounts, { metadata: { name: "default", namespace: "default" } });

  async function boot(): Promise<KubeletHandle> {
    const nodeClient = memory.clientOf({ name: `system:node:${NODE}`, groups: ["system:nodes", "system:masters"] });
    const shared = { client: nodeClient, clock, random, log: silentLogger };
    const starting = startKubelet({
      ...shared,
      informers: createInformerSet(shared),
      events: createEventRecorder({ ...shared, component: "kubelet", host: NODE }),
      runtime,
      // Volumes follow what they show, as on a real machine.
      host: hostLike(createSimulatedHost(), {
        files: options.files ?? { ...noFiles, keepsNothing: false },
        ...options.host,
      }),
      nodeName: NODE,
      dataDirectory: options.dataDirectory ?? "/nowhere",
      nodeAddresses: [{ type: "InternalIP", address: "192.0.2.10" }],
      ownLabels: { "wherry.local/cluster": "test" },
      clusterDns: ["10.96.0.10"],
      clusterDomain: "cluster.local",
      serverPort: 10250,
      kubeletVersion: "v1.36.0",
      maxPods: options.maxPods,
      prober: options.prober ?? createSimulatedProber({ runtime: runtime.runtime, clock, simulation: {} }),
    });
    return drive(starting);
  }

  /** Moves time on until the work is done. */
  async function drive<T>(work: Promise<T>, stepMs = 50): Promise<T> {
    let done = false;
    const watched = work.finally(() => {
      done = true;
    });
    watched.catch(() => {});
    for (let step = 0; step < 2000 && !done; step++) await clock.advance(stepMs);
    return watched;
  }

  /** Moves time on until the pod is as wanted, and answers it; undefined once it is gone and that was wanted. */
  async function until(name: string, holds: (pod: Pod | undefined) => boolean, withinMs = 120_000): Promise<Pod> {
    const deadline = clock.now() + withinMs;
    for (;;) {
      const pod = await client.get(pods, { namespace: "default", name }).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      if (holds(pod)) return pod as Pod;
      if (clock.now() > deadline) throw new Error(`${name} never became as wanted: ${JSON.stringify(pod?.status)}`);
      await clock.advance(20);
    }
  }

  let kubelet = await boot();
  return {
    ...memory,
    runtime: runtime as ContainerRuntime,
    get kubelet() {
      return kubelet;
    },
    until,
    drive,
    create: (name: string, spec: Partial<PodSpec> = {}) => client.create(pods, pod(name, spec)),
    remove: (name: string, graceSeconds?: number) =>
      client.delete(
        pods,
        { namespace: "default", name },
        graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds },
      ),
    async events(name: string): Promise<string[]> {
      await settle(20);
      const { items } = await client.list(events, { namespace: "default" });
      return items
        .filter(({ involvedObject }) => involvedObject.name === name)
        .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
    },
    /** @param meanwhile what happens while there is no kubelet */
    async restart({ keepPods = true, meanwhile = async () => {} } = {}): Promise<void> {
      await drive(kubelet.stop({ keepPods }));
      await meanwhile();
      kubelet = await boot();
    },
    async close(): Promise<void> {
      await drive(kubelet.stop());
      await runtime.close();
      await memory.close();
    },
  };
}

export type World = Awaited<ReturnType<typeof startWorld>>;

export const main: Container = { name: "main", image: "busybox:1", imagePullPolicy: "IfNotPresent" };

export function pod(name: string, spec: Partial<PodSpec> = {}): Pod {
  return { metadata: { name, namespace: "default" }, spec: { nodeName: NODE, containers: [main], ...spec } };
}

export const isReady = (found: Pod | undefined): boolean =>
  found?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;

/** A condition of a pod, in one line; undefined when it has none of that type. */
export function conditionOf(found: Pod | undefined, type: string): string | undefined {
  const condition = found?.status?.conditions?.find((each) => each.type === type);
  if (condition === undefined) return undefined;
  const { status, reason, message, observedGeneration } = condition;
  return [`${status} (${observedGeneration})`, reason, message].filter((part) => part !== undefined).join(" ");
}

export const hasPhase =
  (phase: string) =>
  (found: Pod | undefined): boolean =>
    found?.status?.phase === phase;

export const isWaiting =
  (reason: string) =>
  (found: Pod | undefined): boolean =>
    found?.status?.containerStatuses?.some(({ state }) => state?.waiting?.reason === reason) === true;
