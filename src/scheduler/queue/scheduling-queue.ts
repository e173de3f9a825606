import type { Clock, Timer } from "../../base/clock.ts";
import { createInterner } from "../../base/intern.ts";
import type { TraceContext } from "../../base/trace.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import type { QueueSortPlugin } from "../framework.ts";
import { backoffMs } from "./backoff.ts";
import { type ClusterEvent, podUpdate } from "./cluster-event.ts";
import { EventLog } from "./event-log.ts";
import { KeyedHeap } from "./heap.ts";
import { type Interests, isWorthRetry } from "./hints.ts";
import type { WaitingPod } from "./waiting-pod.ts";

/** A pod that nothing has helped for so long is tried again, in case a hint was wrong. */
const UNSCHEDULABLE_LIMIT_MS = 5 * 60_000;
const FLUSH_PERIOD_MS = 30_000;
const NOBODY: readonly string[] = [];

export interface QueueOptions {
  readonly clock: Clock;
  readonly sort: QueueSortPlugin;
  readonly interests: Interests;
  /** The plugin that holds the pod back from the queue, if one does. */
  holdBack(pod: PodFacts): string | undefined;
}

/**
 * Pods that wait for a node, each in one of three places: active (to be tried next), backing off (to be tried after a
 * while, or sooner when nothing else is to do), or unschedulable (to be tried when an event may have helped).
 */
export class SchedulingQueue {
  readonly #options: QueueOptions;
  readonly #active: KeyedHeap<WaitingPod>;
  readonly #backingOff: KeyedHeap<WaitingPod>;
  readonly #unschedulable = new Map<string, WaitingPod>();
  readonly #log = new EventLog();
  readonly #sameNames = createInterner<readonly string[]>();
  #sequence = 0;
  #backoffTimer: { timer: Timer; dueMs: number } | undefined;
  #flushTimer: Timer | undefined;
  #wake: (() => void) | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
    const keyOf = (waiting: WaitingPod): string => waiting.pod.uid;
    this.#active = new KeyedHeap({ keyOf, less: (a, b) => options.sort.less(a, b) });
    this.#backingOff = new KeyedHeap({ keyOf, less: (a, b) => backoffEnd(a) < backoffEnd(b) });
  }

  /** How many pods wait where. */
  get sizes(): { active: number; backingOff: number; unschedulable: number; gated: number } {
    let gated = 0;
    for (const waiting of this.#unschedulable.values()) if (waiting.gated) gated++;
    return {
      active: this.#active.size,
      backingOff: this.#backingOff.size,
      unschedulable: this.#unschedulable.size - gated,
      gated,
    };
  }

  /** A pod that needs a node has appeared. */
  add(pod: PodFacts, cause?: TraceContext): void {
    if (this.#find(pod.uid) !== undefined || this.#log.isUnderWay(pod.uid)) {
      this.update(pod);
      return;
    }
    const now = this.#now();
    this.#activate({
      pod,
      enqueuedMs: now,
      sequence: this.#sequence++,
      firstEnqueuedMs: now,
      attempts: 0,
      rejectedMs: now,
      rejectedBy: NOBODY,
      gated: false,
      failedByError: false,
      cause,
    });
  }

  /** A waiting pod has changed. */
  update(pod: PodFacts): void {
    const waiting = this.#find(pod.uid);
    const event = (before: PodFacts | undefined): ClusterEvent => ({
      on: "waitingPod",
      actions: before === undefined ? ~0 : podUpdate(before, pod),
      after: pod,
      ...(before === undefined ? {} : { before }),
    });
    if (waiting === undefined) {
      this.#log.record(event(undefined));
      return;
    }
    const updated: WaitingPod = { ...waiting, pod };
    if (this.#active.get(pod.uid) !== undefined) this.#active.push(updated);
    else if (this.#backingOff.get(pod.uid) !== undefined) this.#backingOff.push(updated);
    else {
      this.#unschedulable.set(pod.uid, updated);
      const change = event(waiting.pod);
      if (change.actions !== 0) this.#retryIfWorth(updated, change);
    }
  }

  /** The pod is gone, or has a node. */
  remove(uid: string): void {
    this.#active.remove(uid);
    this.#backingOff.remove(uid);
    this.#unschedulable.delete(uid);
  }

  /** The cluster has changed: pods that this may help are tried again. */
  happened(event: ClusterEvent): void {
    if (event.actions === 0) return;
    this.#log.record(event);
    for (const waiting of [...this.#unschedulable.values()]) this.#retryIfWorth(waiting, event);
  }

  /** The next pod to try; its cycle ends with `done` or `reject`. */
  take(): WaitingPod | undefined {
    const waiting = this.#active.pop() ?? this.#takeEarly();
    if (waiting === undefined) return undefined;
    this.#log.begin(waiting.pod.uid);
    return { ...waiting, attempts: waiting.attempts + 1 };
  }

  /** Resolves when `take` may give a pod, or when the signal aborts. One waits at a time. */
  available(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#active.size > 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener("abort", done);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = done;
      signal.addEventListener("abort", done);
    });
  }

  /** The pod's cycle has ended for good. */
  done(uid: string): void {
    this.#log.forget(uid);
  }

  /**
   * The pod did not find a node. `by` are the plugins that rejected it; none means that something failed, and then it is
   * tried again after its back-off whatever happens.
   */
  reject(waiting: WaitingPod, by: readonly string[]): void {
    const { uid } = waiting.pod;
    const meanwhile = this.#log.end(uid);
    if (this.#find(uid) !== undefined) return;
    const rejected: WaitingPod = {
      ...waiting,
      rejectedMs: this.#now(),
      rejectedBy: this.#sameNames(by),
      failedByError: by.length === 0,
      cause: undefined,
    };
    const helped =
      meanwhile === "unknown" ||
      by.length === 0 ||
      meanwhile.some((event) => isWorthRetry(rejected.pod, event, { by, interests: this.#options.interests }));
    if (helped) this.#requeue(rejected);
    else this.#setAside(rejected);
  }

  /** Tries the pod again as soon as it may be, whatever it waits for. */
  activate(uid: string): void {
    const waiting = this.#unschedulable.get(uid);
    if (waiting !== undefined) this.#requeue(waiting);
  }

  /** What held the pod back no longer does. */
  release(uid: string): void {
    if (this.#unschedulable.get(uid)?.gated === true) this.activate(uid);
  }

  /** Ends all timers. */
  close(): void {
    this.#backoffTimer?.timer.cancel();
    this.#flushTimer?.cancel();
    this.#wake?.();
  }

  #now(): number {
    return Math.floor(this.#options.clock.monotonic());
  }

  #find(uid: string): WaitingPod | undefined {
    return this.#active.get(uid) ?? this.#backingOff.get(uid) ?? this.#unschedulable.get(uid);
  }

  #retryIfWorth(waiting: WaitingPod, event: ClusterEvent): void {
    const rejection = { by: waiting.rejectedBy, interests: this.#options.interests };
    if (isWorthRetry(waiting.pod, event, rejection)) this.#requeue(waiting);
  }

  /** Active at once, or after the rest of its back-off. */
  #requeue(waiting: WaitingPod): void {
    this.#unschedulable.delete(waiting.pod.uid);
    if (backoffEnd(waiting) <= this.#options.clock.monotonic()) {
      this.#activate(waiting);
      return;
    }
    this.#backingOff.push(waiting);
    this.#armBackoff();
    if (!waiting.failedByError) this.#wake?.();
  }

  #activate(waiting: WaitingPod): void {
    const { uid } = waiting.pod;
    this.#unschedulable.delete(uid);
    this.#backingOff.remove(uid);
    const holder = this.#options.holdBack(waiting.pod);
    if (holder !== undefined) {
      this.#setAside({ ...waiting, gated: true, rejectedBy: this.#sameNames([holder]) });
      return;
    }
    const enqueuedMs = this.#now();
    this.#active.push({ ...waiting, gated: false, enqueuedMs, sequence: this.#sequence++ });
    this.#wake?.();
  }

  #setAside(waiting: WaitingPod): void {
    this.#unschedulable.set(waiting.pod.uid, waiting);
    this.#flushTimer ??= this.#options.clock.setTimer(() => this.#flush(), FLUSH_PERIOD_MS);
  }

  #flush(): void {
    this.#flushTimer = undefined;
    const limit = this.#options.clock.monotonic() - UNSCHEDULABLE_LIMIT_MS;
    for (const waiting of [...this.#unschedulable.values()]) {
      if (!waiting.gated && waiting.rejectedMs <= limit) this.#requeue(waiting);
    }
    if (this.#unschedulable.size > 0) {
      this.#flushTimer ??= this.#options.clock.setTimer(() => this.#flush(), FLUSH_PERIOD_MS);
    }
  }

  /** A pod that an event may have helped need not wait while nothing else is to do. */
  #takeEarly(): WaitingPod | undefined {
    let best: WaitingPod | undefined;
    for (const waiting of this.#backingOff.values()) {
      if (waiting.failedByError) continue;
      if (best === undefined || backoffEnd(waiting) < backoffEnd(best)) best = waiting;
    }
    if (best === undefined || this.#options.holdBack(best.pod) !== undefined) return undefined;
    return this.#backingOff.remove(best.pod.uid);
  }

  #armBackoff(): void {
    const first = this.#backingOff.peek();
    if (first === undefined) return;
    const dueMs = backoffEnd(first);
    if (this.#backoffTimer !== undefined && this.#backoffTimer.dueMs <= dueMs) return;
    this.#backoffTimer?.timer.cancel();
    const delayMs = dueMs - this.#options.clock.monotonic();
    this.#backoffTimer = { dueMs, timer: this.#options.clock.setTimer(() => this.#backoffOver(), delayMs) };
  }

  #backoffOver(): void {
    this.#backoffTimer = undefined;
    const now = this.#options.clock.monotonic();
    for (let first = this.#backingOff.peek(); first !== undefined; first = this.#backingOff.peek()) {
      if (backoffEnd(first) > now) break;
      this.#activate(first);
    }
    this.#armBackoff();
  }
}

function backoffEnd(waiting: WaitingPod): number {
  return waiting.rejectedMs + backoffMs(waiting.attempts);
}
