import type { Pod } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { RecordedEvent } from "../../client/events.ts";
import type { HostFacts } from "../host/host.ts";
import type { PodCgroups } from "../host/pod-cgroups.ts";

/** Upstream's period of both. */
const PERIOD_MS = 60_000;
/** Pods that come together are shared out together. */
const SETTLE_MS = 200;

export interface NodeLimitsOptions {
  readonly cgroups: PodCgroups;
  readonly facts: HostFacts;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  pods(): readonly Pod[];
  /** Calls back whenever they are others. Answers how to stop. */
  onPods(listener: () => void): () => void;
  tell(events: readonly RecordedEvent[]): void;
}

/**
 * Keeps all pods together within what the node has, and shares the processor between their qualities of service, until the
 * signal aborts. A limit that is refused is tried again each minute: pods that use more may have gone by then.
 */
export async function runNodeLimits(options: NodeLimitsOptions): Promise<void> {
  const { cgroups, clock, signal } = options;
  let woken = new AbortController();
  const unsubscribe = cgroups.limitsNothing === true ? undefined : options.onPods(() => woken.abort());
  let isEnforced = false;
  while (!signal.aborted) {
    if (!isEnforced) isEnforced = await enforce(options);
    if (unsubscribe === undefined) return;
    await cgroups.shareProcessor(options.pods());
    await sleep(clock, PERIOD_MS, AbortSignal.any([signal, woken.signal]));
    if (woken.signal.aborted) await sleep(clock, SETTLE_MS, signal);
    woken = new AbortController();
  }
  unsubscribe?.();
}

async function enforce({ cgroups, facts, tell }: NodeLimitsOptions): Promise<boolean> {
  try {
    await cgroups.enforceNode(facts);
    const message = "Updated Node Allocatable limit across pods";
    tell([{ type: "Normal", reason: "NodeAllocatableEnforced", message }]);
    return true;
  } catch (error) {
    const message = `Failed to update Node Allocatable Limits ["kubepods"]: ${errorMessage(error)}`;
    tell([{ type: "Warning", reason: "FailedNodeAllocatableEnforcement", message }]);
    return false;
  }
}
