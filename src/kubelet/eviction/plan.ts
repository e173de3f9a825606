import {
  conditionOf,
  crossedThresholds,
  type Observations,
  type PressureCondition,
  type Threshold,
} from "./signals.ts";

/** A condition stays for so long after its cause was last seen, so that it does not come and go (upstream's default). */
export const PRESSURE_TRANSITION_MS = 5 * 60_000;

export interface EvictionPlan {
  /** What the node is short of, or was a moment ago. */
  readonly conditions: readonly PressureCondition[];
  /** When each condition's cause was seen last, on the monotonic clock: to be given back the next time. */
  readonly lastSeenMs: ReadonlyMap<PressureCondition, number>;
  /** What has to be reclaimed now; memory comes first. Undefined when nothing is short. */
  readonly starved: Threshold | undefined;
}

/** What follows from what a node has left. Pure. */
export function planEviction(input: {
  readonly thresholds: readonly Threshold[];
  readonly observations: Observations;
  readonly lastSeenMs: ReadonlyMap<PressureCondition, number>;
  readonly nowMs: number;
}): EvictionPlan {
  const { thresholds, observations, nowMs } = input;
  const crossed = crossedThresholds(thresholds, observations);
  const lastSeenMs = new Map(input.lastSeenMs);
  for (const { signal } of crossed) lastSeenMs.set(conditionOf(signal), nowMs);
  const conditions: PressureCondition[] = [];
  for (const [condition, seenMs] of lastSeenMs) {
    if (nowMs - seenMs < PRESSURE_TRANSITION_MS) conditions.push(condition);
    else lastSeenMs.delete(condition);
  }
  const starved = crossed.find(({ signal }) => signal === "memory.available") ?? crossed[0];
  return { conditions: conditions.sort(), lastSeenMs, starved };
}
