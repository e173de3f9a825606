import type { Node } from "../api/generated/core/v1.ts";
import { errorMessage } from "../base/assert.ts";
import { assemble, type KubeletInformers, kubeletInformers, ownNode } from "./assemble.ts";
import type { RuntimeVersion } from "./cri/state.ts";
import type { KubeletHandle } from "./handle.ts";
import type { HostFacts } from "./host/host.ts";
import { type HandledKubelet, RunningKubelet } from "./kubelet-handle.ts";
import type { KubeletOptions } from "./kubelet-options.ts";
import { runLogRotation } from "./logs/log-rotation.ts";
import { createHousekeeping, type Housekeeping } from "./node/housekeeping.ts";
import { nodeStatusEvent, STARTING } from "./node/node-events.ts";
import { startNodeLease } from "./node/node-lease.ts";
import { runNodeLimits } from "./node/node-limits.ts";
import { registerNode, startNodeReporter } from "./node/node-reporter.ts";
import { allocatableAmounts } from "./node/node-status.ts";
import { followPodCidrs } from "./node/pod-cidrs.ts";
import { createNodeReporting, DEFAULT_MAX_PODS, type NodeReporting } from "./node/reporting.ts";
import type { PodDependencies } from "./pods/dependencies.ts";
import { removeLeftovers } from "./pods/leftovers.ts";
import { type PodLifecycle, startPodLifecycle } from "./pods/pleg.ts";
import { createPodManager, type PodManager } from "./pods/pod-manager.ts";
import type { RuntimeCache } from "./pods/runtime-cache.ts";
import { readSavedResizes } from "./resize/checkpoints.ts";
import type { Rounds } from "./rounds.ts";

const DEFAULT_STOP_GRACE_SECONDS = 30;

/**
 * Starts a node's kubelet: it registers the node, takes over what already runs, and from then on makes the node's pods real.
 * Resolves once it works; `ready` of the handle follows when the node is Ready. Rejects when the signal aborts before.
 */
export async function startKubelet(options: KubeletOptions): Promise<KubeletHandle> {
  const { runtime, host } = options;
  const stopping = new AbortController();
  await host.prepare();
  const [facts, version] = await Promise.all([host.facts(), runtime.runtime.version()]);
  const kubelet = new Kubelet(options, { facts, version, stopping });
  try {
    await kubelet.start();
  } catch (error) {
    stopping.abort();
    throw error;
  }
  return new RunningKubelet(kubelet);
}

/** A class, because thousands of kubelets of one process have one each: its parts see each other through it. */
class Kubelet implements HandledKubelet {
  readonly options: KubeletOptions;
  readonly host: HostFacts;
  readonly runtimeName: string;
  readonly informers: KubeletInformers;
  readonly parts: PodDependencies;
  readonly manager: PodManager;
  readonly reporting: NodeReporting;
  readonly signal: AbortSignal;
  readonly #stopping: AbortController;
  readonly #lifecycle: PodLifecycle;
  readonly #housekeeping: Housekeeping;
  #rounds: readonly Rounds[] = [];
  #others: Promise<unknown> | undefined;
  /** As it was registered; there until the informer has it. */
  #registered: Node | undefined;

  constructor(
    options: KubeletOptions,
    from: { readonly facts: HostFacts; readonly version: RuntimeVersion; readonly stopping: AbortController },
  ) {
    const { facts, version, stopping } = from;
    const { signal } = stopping;
    this.options = options;
    this.host = facts;
    this.runtimeName = version.runtimeName;
    this.signal = options.signal === undefined ? signal : AbortSignal.any([signal, options.signal]);
    this.#stopping = stopping;
    this.informers = kubeletInformers(options);
    this.parts = assemble(options, this);
    this.manager = createPodManager(this, this.parts);
    this.#lifecycle = startPodLifecycle(this);
    this.#housekeeping = createHousekeeping(options, {
      ...{ facts, dependencies: this.parts, signal: this.signal, manager: this.manager },
      tell: (events) => this.reporting.tell(events),
    });
    this.reporting = createNodeReporting(options, {
      ...{ facts, version, lifecycle: this.#lifecycle, signal: this.signal },
      pressures: this.#housekeeping.pressures,
      revision: () => this.informers.node.get(options.nodeName)?.metadata?.resourceVersion,
    });
  }

  async start(): Promise<void> {
    const { options, informers, reporting, signal } = this;
    const { client, clock, random, log, nodeName } = options;
    reporting.tell([STARTING]);
    const [registered, saved] = await Promise.all([
      registerNode(reporting),
      readSavedResizes(this.parts),
      options.informers.start(),
      this.cache.relist(),
    ]);
    signal.throwIfAborted();
    if (this.node() === undefined) this.#registered = ownNode(registered);
    this.manager.start(saved);
    followPodCidrs(informers.node, options, signal);
    if (options.tellsOfNode !== false) followCordon(informers, reporting, signal);
    this.#rounds = [
      startNodeReporter(registered, reporting),
      startNodeLease({ client, clock, random, log, nodeName, nodeUid: registered.metadata?.uid ?? "", signal }),
    ];
    this.#others = this.#runOthers();
  }

  get nodeName(): string {
    return this.options.nodeName;
  }

  get runtime() {
    return this.options.runtime.runtime;
  }

  get clock() {
    return this.options.clock;
  }

  get log() {
    return this.options.log;
  }

  get cache(): RuntimeCache {
    return this.parts.cache;
  }

  get bound() {
    return this.informers.pods;
  }

  wake(uid: string): void {
    this.manager.wake(uid);
  }

  onChange(uid: string): void {
    this.manager.wake(uid);
  }

  hasPods(): boolean {
    return this.manager.hasPods() || !this.cache.isEmpty();
  }

  node(): Node | undefined {
    const known = this.informers.node.get(this.nodeName);
    if (known !== undefined) this.#registered = undefined;
    return known ?? this.#registered;
  }

  pressures() {
    return this.#housekeeping.pressures();
  }

  allocatable(): Readonly<Record<string, number>> {
    return allocatableAmounts(this.host, this.options.maxPods ?? DEFAULT_MAX_PODS);
  }

  async stop({ keepPods = false, graceSeconds = DEFAULT_STOP_GRACE_SECONDS } = {}): Promise<void> {
    const { options, manager, parts } = this;
    if (!keepPods) await manager.shutDown(graceSeconds);
    this.#stopping.abort();
    await manager.stop();
    await Promise.all([
      this.#lifecycle.stopped(),
      parts.probes.stop(),
      parts.statuses.stop(),
      parts.volumes.stop(),
      ...this.#rounds.map((rounds) => rounds.stop()),
      this.#others,
    ]);
    await options.informers.stop();
    if (!keepPods) await options.host.release();
  }

  /** What goes on beside the pods' workers, until the signal aborts. Not async: nothing here is kept while they run. */
  #runOthers(): Promise<unknown> {
    const { options, host: facts, informers, manager, parts, reporting, signal } = this;
    const { clock, log, host, runtime } = options;
    return Promise.all([
      this.#housekeeping.run(),
      runNodeLimits({
        cgroups: host.cgroups,
        facts,
        clock,
        signal,
        pods: () => manager.pods(),
        onPods: (listener) => informers.pods.subscribe(listener),
        tell: (events) => reporting.tell(events),
      }),
      runLogRotation({ files: host.logs, runtime: runtime.runtime, cache: parts.cache, clock, log, signal }),
      removeLeftovers(manager, parts).catch((error) =>
        log.warn("cannot remove what earlier pods left", { error: errorMessage(error) }),
      ),
    ]);
  }
}

/** Tells when somebody wants no more pods here, or wants them again. */
function followCordon({ node }: KubeletInformers, reporting: NodeReporting, signal: AbortSignal): void {
  const unsubscribe = node.subscribe(({ before, after }) => {
    if (before === undefined || after === undefined) return;
    const [was, is] = [before, after].map(({ spec }) => spec?.unschedulable === true);
    if (was === is) return;
    reporting.tell([nodeStatusEvent(reporting.nodeName, is ? "NodeNotSchedulable" : "NodeSchedulable")]);
  });
  signal.addEventListener("abort", unsubscribe, { once: true });
}
