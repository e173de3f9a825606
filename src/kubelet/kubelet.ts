import type { NodeStatus } from "../api/generated/core/v1.ts";
import { errorMessage } from "../base/assert.ts";
import { formatTime } from "../base/clock.ts";
import { assemble, DEFAULT_MAX_PODS, type KubeletInformers, kubeletInformers } from "./assemble.ts";
import type { KubeletHandle } from "./handle.ts";
import type { HostFacts } from "./host/host.ts";
import { kubeletCalls } from "./kubelet-handle.ts";
import type { KubeletOptions } from "./kubelet-options.ts";
import { runNodeLease } from "./node/node-lease.ts";
import { type NodeReporterOptions, registerNode, runNodeReporter } from "./node/node-reporter.ts";
import { allocatableAmounts, nodeStatus } from "./node/node-status.ts";
import { readinessProblems } from "./node/readiness.ts";
import { removeLeftovers } from "./pods/leftovers.ts";
import { type PodLifecycle, startPodLifecycle } from "./pods/pleg.ts";
import { createPodManager, type PodManager } from "./pods/pod-manager.ts";

const DEFAULT_STOP_GRACE_SECONDS = 30;

/**
 * Starts a node's kubelet: it registers the node, takes over what already runs, and from then on makes the node's pods real.
 * Resolves once it works; `ready` of the handle follows when the node is Ready. Rejects when the signal aborts before.
 */
export async function startKubelet(options: KubeletOptions): Promise<KubeletHandle> {
  const { clock, log, runtime, host, nodeName } = options;
  const stopping = new AbortController();
  const signal = options.signal === undefined ? stopping.signal : AbortSignal.any([stopping.signal, options.signal]);
  await host.prepare();
  const [facts, version] = await Promise.all([host.facts(), runtime.runtime.version()]);
  const informers = kubeletInformers(options);
  let manager: PodManager | undefined;
  const wake = (uid: string) => manager?.wake(uid);
  const dependencies = assemble(options, { host: facts, informers, runtimeName: version.runtimeName, wake });
  const lifecycle = startPodLifecycle({
    runtime: runtime.runtime,
    cache: dependencies.cache,
    clock,
    log,
    hasPods: () => (manager?.pods().length ?? 0) > 0 || dependencies.cache.identities().length > 0,
    onChange: wake,
  });
  const ready = Promise.withResolvers<void>();
  const health: { problems: string[] } = { problems: ["the kubelet is starting"] };
  const reporter: NodeReporterOptions = {
    ...options,
    facts,
    labels: options.nodeLabels ?? {},
    taints: options.nodeTaints,
    signal,
    onReady: ready.resolve,
    status: async (before) => {
      health.problems = await readinessProblems(runtime.runtime, { clock, lifecycle });
      const runtimeVersion = `${version.runtimeName}://${version.runtimeVersion}`;
      return currentNodeStatus(options, { facts, before, runtimeVersion, problems: health.problems });
    },
  };
  const synced = options.informers.start();
  const [node] = await Promise.all([registerNode(reporter), synced, dependencies.cache.relist()]);
  signal.throwIfAborted();
  manager = createPodManager(
    {
      pods: informers.pods,
      node: () => informers.node.get(nodeName) ?? node,
      allocatable: () => allocatableAmounts(facts, options.maxPods ?? DEFAULT_MAX_PODS),
    },
    dependencies,
  );
  manager.start();
  followPodCidrs(options, informers, signal);
  const loops = [
    runNodeReporter(node, reporter),
    runNodeLease({ ...options, nodeUid: node.metadata?.uid ?? "", signal }),
    removeLeftovers(manager, dependencies).catch((error) =>
      log.warn("cannot remove what earlier pods left", { error: errorMessage(error) }),
    ),
  ];
  return {
    ...kubeletCalls(manager, dependencies),
    nodeName,
    ready: ready.promise,
    health: () => health.problems,
    stop: (stopOptions) => stopKubelet(stopOptions),
  };

  async function stopKubelet({ keepPods = false, graceSeconds = DEFAULT_STOP_GRACE_SECONDS } = {}): Promise<void> {
    if (!keepPods) await manager?.shutDown(graceSeconds);
    stopping.abort();
    await manager?.stop();
    await stopParts(lifecycle);
    await Promise.all(loops);
    if (!keepPods) await host.release();
  }

  async function stopParts(pods: PodLifecycle): Promise<void> {
    await Promise.all([pods.stop(), dependencies.probes.stop(), dependencies.statuses.stop()]);
    await options.informers.stop();
  }
}

/** What the node is now; images and usage that cannot be told are left as they were. */
async function currentNodeStatus(
  options: KubeletOptions,
  input: { facts: HostFacts; before: NodeStatus; runtimeVersion: string; problems: readonly string[] },
): Promise<NodeStatus> {
  const { runtime, host, clock, nodeAddresses, serverPort, maxPods = DEFAULT_MAX_PODS, kubeletVersion } = options;
  const [usage, images] = await Promise.all([host.usage(), runtime.images.listImages().catch(() => undefined)]);
  const status = nodeStatus({
    ...input,
    usage,
    images: images ?? [],
    addresses: nodeAddresses,
    serverPort,
    maxPods,
    kubeletVersion,
    now: formatTime(clock.now()),
  });
  return images === undefined ? { ...status, images: input.before.images ?? [] } : status;
}

/** Tells the wiring which addresses the API gave this node's pods, each time that they change. */
function followPodCidrs({ log, onPodCidrs }: KubeletOptions, { node }: KubeletInformers, signal: AbortSignal): void {
  if (onPodCidrs === undefined) return;
  let known = "";
  const unsubscribe = node.subscribe(({ after }) => {
    const podCidrs = after?.spec?.podCIDRs ?? [];
    if (podCidrs.length === 0 || podCidrs.join() === known) return;
    known = podCidrs.join();
    onPodCidrs(podCidrs).catch((error) => log.error("cannot set the pods' addresses", { error: errorMessage(error) }));
  });
  signal.addEventListener("abort", unsubscribe, { once: true });
}
