import type { Pod } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { RecordedEvent } from "../../client/events.ts";
import { identityOf } from "../pods/pod.ts";
import type { PodVerdict } from "../pods/pod-record.ts";
import { isCritical } from "./admission.ts";
import { evictionMessage } from "./message.ts";
import { type NodeObservation, type Observer, observeNode, podUsages } from "./observe.ts";
import { planEviction } from "./plan.ts";
import { rankPods } from "./rank.ts";
import {
  crossedThresholds,
  DEFAULT_THRESHOLDS,
  type PressureCondition,
  resourceOf,
  type Threshold,
} from "./signals.ts";
import { exceededStorage, hasStorageLimits } from "./storage-limits.ts";

/** Upstream's housekeeping interval of the eviction manager. */
const LOOK_MS = 10_000;
/** After an eviction the pod's end is waited for, since only that gives anything back. */
const CLEANUP_MS = 30_000;
const CLEANUP_LOOK_MS = 1000;
const GRACE_SECONDS = 1;

export interface NodePressureOptions extends Observer {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly thresholds?: readonly Threshold[];
  /** Pods whose containers may still run. */
  activePods(): readonly Pod[];
  /** Whether nothing of the pod runs any more. */
  hasEnded(podUid: string): boolean;
  evict(podUid: string, verdict: PodVerdict): void;
  tellOfPod(pod: Pod, event: RecordedEvent): void;
  tell(events: readonly RecordedEvent[]): void;
  deleteUnusedImages(): Promise<void>;
}

export interface NodePressure {
  /** What the node is short of. */
  conditions(): readonly PressureCondition[];
  /** Looks, and acts, until the signal aborts. */
  run(): Promise<void>;
}

/** Keeps the node from running out of memory and disk by evicting pods, one at a time. */
export function createNodePressure(options: NodePressureOptions): NodePressure {
  const { clock, log, signal, thresholds = DEFAULT_THRESHOLDS } = options;
  let conditions: readonly PressureCondition[] = [];
  let lastSeenMs: ReadonlyMap<PressureCondition, number> = new Map();

  /** Answers the pods that have to go for it. */
  async function look(): Promise<readonly Pod[]> {
    const node = await observeNode(options);
    const { observations } = node;
    const plan = planEviction({ thresholds, observations, lastSeenMs, nowMs: clock.monotonic() });
    ({ conditions, lastSeenMs } = plan);
    const beyondLimits = await evictBeyondLimits(node, options);
    if (beyondLimits.length > 0 || plan.starved === undefined) return beyondLimits;
    const resource = resourceOf(plan.starved.signal);
    const message = `Attempting to reclaim ${resource}`;
    options.tell([{ type: "Warning", reason: "EvictionThresholdMet", message }]);
    if (await reclaim(plan.starved, node, options)) return [];
    return evictOne(plan.starved, node, options);
  }

  return {
    conditions: () => conditions,
    async run() {
      while (!signal.aborted) {
        let evicted: readonly Pod[] = [];
        try {
          evicted = await look();
        } catch (error) {
          log.warn("cannot look after the node's memory and disk", { error: errorMessage(error) });
        }
        if (evicted.length > 0) await ended(evicted, options);
        else await sleep(clock, LOOK_MS, signal);
      }
    },
  };
}

/** Pods that use more of the disk than they may go, whatever the node has left. */
async function evictBeyondLimits({ ownImageDisk }: NodeObservation, options: NodePressureOptions): Promise<Pod[]> {
  const limited = options.activePods().filter(hasStorageLimits);
  if (limited.length === 0) return [];
  const usages = await podUsages(limited, options, { disk: true });
  return limited.filter((pod) => {
    const usage = usages.get(identityOf(pod).uid);
    const message = usage && exceededStorage(pod, usage, { ownImageDisk });
    if (message === undefined || isCritical(pod)) return false;
    evict(pod, message, options);
    return true;
  });
}

/** What the node can give up by itself. Answers whether that was enough. */
async function reclaim(
  { signal }: Threshold,
  { ownImageDisk }: NodeObservation,
  options: NodePressureOptions,
): Promise<boolean> {
  const isDisk = signal.startsWith("nodefs.") || signal.startsWith("imagefs.");
  if (!isDisk || (ownImageDisk && signal.startsWith("nodefs."))) return false;
  await options.deleteUnusedImages();
  const { observations } = await observeNode(options);
  return crossedThresholds(options.thresholds ?? DEFAULT_THRESHOLDS, observations).length === 0;
}

/** The first in the order that may go. At most one: what it gives back may be enough. */
async function evictOne(
  starved: Threshold,
  { observations, ownImageDisk }: NodeObservation,
  options: NodePressureOptions,
): Promise<Pod[]> {
  const active = options.activePods();
  const observed = observations[starved.signal];
  if (active.length === 0 || observed === undefined) {
    options.log.warn("the node is short of something, and no pod runs that could be evicted", { ...starved });
    return [];
  }
  const usages = await podUsages(active, options, { disk: resourceOf(starved.signal) === "ephemeral-storage" });
  const usageOf = (pod: Pod) => usages.get(identityOf(pod).uid);
  const first = rankPods(active, starved.signal, { usageOf, ownImageDisk }).find((pod) => !isCritical(pod));
  if (first === undefined) return [];
  const message = evictionMessage(first, starved, { observed, usage: usageOf(first) });
  const condition = { type: "DisruptionTarget", status: "True", reason: "TerminationByKubelet", message };
  evict(first, message, options, condition);
  return [first];
}

function evict(
  pod: Pod,
  message: string,
  options: NodePressureOptions,
  condition?: NonNullable<PodVerdict["condition"]>,
): void {
  const { namespace, name, uid } = identityOf(pod);
  options.log.warn("evicting a pod", { pod: `${namespace}/${name}`, message });
  options.tellOfPod(pod, { type: "Warning", reason: "Evicted", message });
  options.evict(uid, { reason: "Evicted", message, graceSeconds: GRACE_SECONDS, ...(condition && { condition }) });
}

async function ended(pods: readonly Pod[], { clock, signal, hasEnded }: NodePressureOptions): Promise<void> {
  const deadline = clock.monotonic() + CLEANUP_MS;
  do await sleep(clock, CLEANUP_LOOK_MS, signal);
  while (!signal.aborted && clock.monotonic() < deadline && !pods.every((pod) => hasEnded(identityOf(pod).uid)));
}
