import { errorMessage } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import { Metrics } from "../base/metrics.ts";
import type { Random } from "../base/random.ts";
import { withTrace } from "../base/trace.ts";
import { nextTurn } from "../base/turn.ts";
import type { Client } from "../client/client.ts";
import type { EventRecorder, RecordedEvent } from "../client/events.ts";
import type { InformerSet } from "../client/informer.ts";
import { bindPod, reserve, unreserve } from "./binding.ts";
import { ClusterCache } from "./cache/cluster-cache.ts";
import { followCluster, type SchedulerInformers, schedulerInformers } from "./cluster-watch.ts";
import { type CycleOptions, type Placement, placePod } from "./cycle.ts";
import type { PodFacts } from "./facts/pod-facts.ts";
import { fitErrorMessage, NO_NODES_MESSAGE, truncateMessage } from "./failure-message.ts";
import { Nominations } from "./nominations.ts";
import { defaultPlugins } from "./plugins/registry.ts";
import { type SchedulingCondition, writeNomination, writeSchedulingStatus } from "./pod-status.ts";
import { runPostFilters } from "./post-filters.ts";
import { createProfile, holderOf, NO_NODES, type Profile } from "./profile.ts";
import { Action } from "./queue/cluster-event.ts";
import { SchedulingQueue } from "./queue/scheduling-queue.ts";
import type { WaitingPod } from "./queue/waiting-pod.ts";

import { type Attempt, type SchedulerMetrics, schedulerMetrics } from "./scheduler-metrics.ts";

/** What pods name that leave the choice of their scheduler to the cluster. */
const DEFAULT_SCHEDULER = "default-scheduler";

/** Bindings on their way at once; beyond that, cycles wait for one to end. */
const MAX_BINDINGS = 512;
/** Cycles run in a row for so long at most, then others get their turn. */
const TURN_MS = 5;

export interface SchedulerOptions {
  readonly client: Client;
  readonly informers: InformerSet;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Ends the scheduler. */
  readonly signal: AbortSignal;
  /** `default-scheduler` when absent. */
  readonly name?: string;
  /** Where the scheduler counts what it does. */
  readonly metrics?: Metrics | undefined;
}

export interface SchedulerHandle {
  /** Resolves when the scheduler has ended after its signal: bindings done, timers and listeners gone. */
  readonly stopped: Promise<void>;
}

/**
 * Starts the scheduler: watches pods and nodes, and gives every pod that names it a node. Resolves once it has seen the
 * cluster and schedules.
 */
export async function startScheduler(options: SchedulerOptions): Promise<SchedulerHandle> {
  const scheduler = new Scheduler(options);
  await scheduler.start();
  return { stopped: scheduler.run() };
}

class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #informers: SchedulerInformers;
  readonly #profile: Profile;
  readonly #cache = new ClusterCache();
  readonly #queue: SchedulingQueue;
  readonly #nominations = new Nominations();
  readonly #cycle: CycleOptions;
  readonly #underWay = new Set<Promise<void>>();
  readonly #metrics: SchedulerMetrics;
  #stopFollowing: () => void = () => {};
  #ended: () => void = () => {};

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#informers = schedulerInformers(options.informers);
    this.#metrics = schedulerMetrics(options.metrics ?? new Metrics(), options.name ?? DEFAULT_SCHEDULER);
    const nominations = this.#nominations;
    const activate = (uid: string): void => this.#queue.activate(uid);
    const release = (uid: string): void => this.#queue.release(uid);
    this.#profile = createProfile(defaultPlugins({ ...options, volumes: this.#informers.volumes, activate, release }));
    const profile = this.#profile;
    this.#queue = new SchedulingQueue({
      clock: options.clock,
      sort: profile.queueSort,
      interests: profile.interests,
      holdBack: (pod) => holderOf(profile, pod),
    });
    this.#cycle = {
      profile,
      random: options.random,
      cursor: { next: 0 },
      nominatedTo: (nodeName, pod) => nominations.before(nodeName, pod),
    };
  }

  async start(): Promise<void> {
    const name = this.#options.name ?? DEFAULT_SCHEDULER;
    this.#stopFollowing = followCluster(this.#informers, {
      cache: this.#cache,
      queue: this.#queue,
      nominations: this.#nominations,
      isResponsible: (pod) => pod.needs.schedulerName === name,
    });
    await this.#options.informers.start();
  }

  /** Takes pods from the queue until the signal aborts. */
  async run(): Promise<void> {
    const { clock, signal } = this.#options;
    const stopCounting = this.#metrics.follow(() => ({ ...this.#queue.sizes, ...this.#cache.sizes }));
    let turnEndsMs = clock.monotonic() + TURN_MS;
    while (!signal.aborted) {
      const waiting = this.#queue.take();
      if (waiting === undefined) {
        await this.#queue.available(signal);
        turnEndsMs = clock.monotonic() + TURN_MS;
        continue;
      }
      this.#scheduleOne(waiting);
      while (this.#underWay.size >= MAX_BINDINGS) await this.#oneEnds();
      if (clock.monotonic() < turnEndsMs) continue;
      await nextTurn();
      turnEndsMs = clock.monotonic() + TURN_MS;
    }
    stopCounting();
    this.#stopFollowing();
    this.#queue.close();
    await Promise.all(this.#underWay);
  }

  /** One cycle, to its end without waiting; the binding goes on by itself. */
  #scheduleOne(taken: WaitingPod): void {
    const pod = this.#informers.pods.get(taken.pod.key);
    if (pod === undefined || pod.uid !== taken.pod.uid || pod.nodeName !== "" || this.#cache.isAssumed(pod.uid)) {
      this.#queue.done(taken.pod.uid);
      return;
    }
    if (pod.standing.beingDeleted) {
      this.#tell(pod, "Warning", "FailedScheduling", `skip schedule deleting pod: ${pod.key}`);
      this.#queue.done(pod.uid);
      return;
    }
    const waiting: WaitingPod = { ...taken, pod };
    const startedMs = this.#options.clock.monotonic();
    const placement = placePod(this.#withNomination(pod), this.#cache, this.#cycle);
    this.#metrics.searched((this.#options.clock.monotonic() - startedMs) / 1000);
    if (placement.outcome !== "placed") {
      this.#didNotFit(waiting, placement);
      this.#attempted(waiting, startedMs, "unschedulable");
      return;
    }
    const { nodeName } = placement;
    this.#cache.assume(pod, nodeName);
    const refused = reserve(this.#profile, pod, nodeName);
    if (refused !== undefined) {
      this.#cache.forget(pod.uid);
      const byNode = new Map([[nodeName, refused.rejection]]);
      const message = fitErrorMessage({ nodeCount: 1, byNode });
      this.#queue.reject(waiting, [refused.plugin]);
      this.#explain(waiting.pod, { reason: "Unschedulable", message });
      this.#attempted(waiting, startedMs, "unschedulable");
      return;
    }
    this.#nominations.remove(pod.uid);
    this.#track(withTrace(taken.cause, () => this.#bind(waiting, nodeName, startedMs)));
  }

  #attempted(waiting: WaitingPod, startedMs: number, result: Attempt["result"]): void {
    const now = this.#options.clock.monotonic();
    const sinceFirstSeconds = (now - waiting.firstEnqueuedMs) / 1000;
    this.#metrics.attempted({
      result,
      seconds: (now - startedMs) / 1000,
      attempts: waiting.attempts,
      sinceFirstSeconds,
    });
  }

  async #bind(waiting: WaitingPod, nodeName: string, startedMs: number): Promise<void> {
    const { pod } = waiting;
    if (pod.standing.nominatedNodeName !== nodeName && this.#profile.preBind.some((plugin) => plugin.hasWork(pod))) {
      // So that who adds and removes nodes, and the scheduler that follows after this one, know what is under way.
      await this.#logged(pod, writeNomination(this.#options.client, pod, nodeName));
    }
    const result = await bindPod(this.#profile, { pod, nodeName, signal: this.#options.signal });
    const outcomes = { bound: "scheduled", rejected: "unschedulable", failed: "error" } as const;
    this.#attempted(waiting, startedMs, outcomes[result.outcome]);
    if (result.outcome === "bound") {
      this.#queue.done(pod.uid);
      this.#tell(pod, "Normal", "Scheduled", `Successfully assigned ${pod.key} to ${nodeName}`);
      return;
    }
    unreserve(this.#profile, pod, nodeName);
    this.#cache.forget(pod.uid);
    // Room that was taken for the pod is free again: for others that is as if a pod had gone.
    this.#queue.happened({ on: "assignedPod", actions: Action.delete, before: { ...pod, nodeName } });
    const now = this.#informers.pods.get(pod.key);
    if (now === undefined || now.uid !== pod.uid || now.nodeName !== "") {
      this.#queue.done(pod.uid);
      return;
    }
    this.#nominations.set(now, now.standing.nominatedNodeName);
    const rejected = result.outcome === "rejected";
    this.#queue.reject({ ...waiting, pod: now }, rejected ? [result.plugin] : []);
    const message = rejected
      ? fitErrorMessage({ nodeCount: 1, byNode: new Map([[nodeName, result.rejection]]) })
      : result.message;
    this.#explain(now, { reason: rejected ? "Unschedulable" : "SchedulerError", message });
  }

  #didNotFit(waiting: WaitingPod, placement: Exclude<Placement, { outcome: "placed" }>): void {
    const { pod } = waiting;
    if (placement.outcome === "noNodes") {
      this.#queue.reject(waiting, [NO_NODES]);
      this.#explain(pod, { reason: "Unschedulable", message: NO_NODES_MESSAGE });
      return;
    }
    const by = new Set<string>();
    if (placement.preFilterRejection !== undefined) by.add(placement.preFilterRejection.plugin);
    for (const rejection of placement.byNode.values()) by.add(rejection.plugin);
    for (const plugin of placement.filters?.namedBy ?? []) by.add(plugin);
    this.#metrics.preempted();
    const tried = runPostFilters(this.#withNomination(pod), this.#cache, { profile: this.#profile, placement });
    if (tried.nominatedNodeName !== undefined) this.#nominate(pod, tried.nominatedNodeName);
    this.#queue.reject(waiting, [...by]);
    const message = fitErrorMessage({
      ...placement,
      preFilterReason: placement.preFilterRejection?.reasons.join(", "),
      postFilterMessage: tried.message,
    });
    this.#explain(pod, { reason: "Unschedulable", message }, tried.nominatedNodeName);
  }

  /** Promises are known here before the pod's status says so. */
  #withNomination(pod: PodFacts): PodFacts {
    const nominatedNodeName = this.#nominations.nodeOf(pod.uid);
    return nominatedNodeName === "" ? pod : { ...pod, standing: { ...pod.standing, nominatedNodeName } };
  }

  /** Promises the node to the pod; less important pods lose it and look for another at once. */
  #nominate(pod: PodFacts, nodeName: string): void {
    for (const other of this.#nominations.on(nodeName)) {
      if (other.needs.priority >= pod.needs.priority || other.uid === pod.uid) continue;
      this.#nominations.remove(other.uid);
      this.#track(this.#logged(other, writeNomination(this.#options.client, other, "")));
      this.#queue.activate(other.uid);
    }
    this.#nominations.set(pod, nodeName);
  }

  /** Tells people and the pod's status why it has no node. */
  #explain(pod: PodFacts, condition: SchedulingCondition, nominatedNodeName?: string): void {
    this.#tell(pod, "Warning", "FailedScheduling", truncateMessage(condition.message));
    const told = nominatedNodeName === undefined ? { condition } : { condition, nominatedNodeName };
    this.#track(this.#logged(pod, writeSchedulingStatus(this.#options, pod, told)));
  }

  async #logged(pod: PodFacts, write: Promise<void>): Promise<void> {
    try {
      await write;
    } catch (error) {
      this.#options.log.warn("could not write the pod's status", { pod: pod.key, error: errorMessage(error) });
    }
  }

  #tell(pod: PodFacts, type: RecordedEvent["type"], reason: string, message: string): void {
    const metadata = { namespace: pod.kind.namespace, name: pod.name, uid: pod.uid };
    this.#options.events.event({ apiVersion: "v1", kind: "Pod", metadata }, { type, reason, message });
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work);
    // Neither bindings nor status writes reject; the set forgets them when they end.
    void work.finally(() => {
      this.#underWay.delete(work);
      this.#ended();
    });
  }

  /** Resolves when something that is under way has ended. A race of all would add to each of them at every turn. */
  #oneEnds(): Promise<void> {
    return new Promise((resolve) => {
      this.#ended = resolve;
    });
  }
}
