import type { Node } from "../api/generated/core/v1.ts";
import { errorMessage } from "../base/assert.ts";
import { assemble, type KubeletInformers, kubeletInformers, ownNode } from "./assemble.ts";
import type { KubeletHandle } from "./handle.ts";
import type { HostFacts } from "./host/host.ts";
import { kubeletCalls } from "./kubelet-handle.ts";
import type { KubeletOptions } from "./kubelet-options.ts";
import { runLogRotation } from "./logs/log-rotation.ts";
import { createHousekeeping, type Housekeeping } from "./node/housekeeping.ts";
import { nodeStatusEvent, STARTING } from "./node/node-events.ts";
import { runNodeLease } from "./node/node-lease.ts";
import { runNodeLimits } from "./node/node-limits.ts";
import { registerNode, runNodeReporter } from "./node/node-reporter.ts";
import { allocatableAmounts } from "./node/node-status.ts";
import { followPodCidrs } from "./node/pod-cidrs.ts";
import { createNodeReporting, DEFAULT_MAX_PODS, type NodeReporting } from "./node/reporting.ts";
import type { PodDependencies } from "./pods/dependencies.ts";
import { removeLeftovers } from "./pods/leftovers.ts";
import { startPodLifecycle } from "./pods/pleg.ts";
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
  const { cache } = dependencies;
  const lifecycle = startPodLifecycle({
    runtime: runtime.runtime,
    cache,
    clock,
    log,
    signal,
    hasPods: () => manager?.hasPods() === true || !cache.isEmpty(),
    onChange: wake,
  });
  const housekeeping = createHousekeeping(options, {
    ...{ facts, dependencies, signal },
    manager: () => manager,
    tell: (events) => reporting.options.tell(events),
  });
  const { pressures } = housekeeping;
  const reporting = createNodeReporting(options, { facts, version, lifecycle, signal, pressures });
  reporting.options.tell([STARTING]);
  const [registered] = await Promise.all([registerNode(reporting.options), options.informers.start(), cache.relist()]);
  signal.throwIfAborted();
  const first = ownNode(registered);
  const running = createPodManager(
    {
      pods: informers.pods,
      node: () => informers.node.get(nodeName) ?? first,
      pressures,
      allocatable: () => allocatableAmounts(facts, options.maxPods ?? DEFAULT_MAX_PODS),
    },
    dependencies,
  );
  manager = running;
  running.start();
  followPodCidrs(informers.node, { ...options, signal });
  followCordon(informers, reporting, signal);
  const parts = { node: registered, facts, informers, reporting, housekeeping, manager: running, dependencies, signal };
  const loops = runLoops(options, parts);

  async function stop({ keepPods = false, graceSeconds = DEFAULT_STOP_GRACE_SECONDS } = {}): Promise<void> {
    if (!keepPods) await running.shutDown(graceSeconds);
    stopping.abort();
    await running.stop();
    await Promise.all([
      lifecycle.stopped(),
      dependencies.probes.stop(),
      dependencies.statuses.stop(),
      dependencies.volumes.stop(),
      loops,
    ]);
    await options.informers.stop();
    if (!keepPods) await host.release();
  }

  const calls = kubeletCalls(running, dependencies);
  return { ...calls, nodeName, stop, ready: reporting.ready, health: reporting.problems };
}

/** What goes on beside the pods' workers, until the signal aborts. Not async: nothing here is kept while they run. */
function runLoops(
  options: KubeletOptions,
  parts: {
    node: Node;
    facts: HostFacts;
    informers: KubeletInformers;
    reporting: NodeReporting;
    housekeeping: Housekeeping;
    manager: PodManager;
    dependencies: PodDependencies;
    signal: AbortSignal;
  },
): Promise<unknown> {
  const { node, facts, informers, reporting, housekeeping, manager, dependencies, signal } = parts;
  const { clock, log, host, runtime } = options;
  return Promise.all([
    runNodeReporter(node.status ?? {}, reporting.options),
    runNodeLease({ ...options, nodeUid: node.metadata?.uid ?? "", signal }),
    housekeeping.run(),
    runNodeLimits({
      cgroups: host.cgroups,
      facts,
      clock,
      signal,
      pods: () => manager.pods(),
      onPods: (listener) => informers.pods.subscribe(listener),
      tell: reporting.options.tell,
    }),
    runLogRotation({ files: host.logs, runtime: runtime.runtime, cache: dependencies.cache, clock, log, signal }),
    removeLeftovers(manager, dependencies).catch((error) =>
      log.warn("cannot remove what earlier pods left", { error: errorMessage(error) }),
    ),
  ]);
}

/** Tells when somebody wants no more pods here, or wants them again. */
function followCordon({ node }: KubeletInformers, { options }: NodeReporting, signal: AbortSignal): void {
  const unsubscribe = node.subscribe(({ before, after }) => {
    if (before === undefined || after === undefined) return;
    const [was, is] = [before, after].map(({ spec }) => spec?.unschedulable === true);
    if (was === is) return;
    options.tell([nodeStatusEvent(options.nodeName, is ? "NodeNotSchedulable" : "NodeSchedulable")]);
  });
  signal.addEventListener("abort", unsubscribe, { once: true });
}
