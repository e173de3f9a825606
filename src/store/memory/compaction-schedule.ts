import type { Clock, Timer } from "../../base/clock.ts";
import type { VersionedMap } from "./versioned-map.ts";

/** How much of the past a store keeps for watches to resume from. What is exceeded first makes it forget. */
export interface HistoryLimits {
  /** Changes younger than this stay; older ones go within twice this time. Upstream: etcd-compaction-interval, 5 minutes. */
  ageMs: number;
  /** At most so many changes. */
  events: number;
  /** At most so many bytes of replaced values. */
  bytes: number;
}

export const DEFAULT_HISTORY_LIMITS: HistoryLimits = {
  ageMs: 5 * 60_000,
  events: 250_000,
  bytes: 128 * 1024 * 1024,
};

/** When a bound is hit, forget down to this part of it, so that it is not hit again by the next write. */
const REMAINING_PART = 0.75;

export interface CompactionScheduleOptions {
  clock: Clock;
  map: VersionedMap;
  limits: HistoryLimits;
  compact(revision: number): void;
}

/** Compacts by age and size. Sleeps without a timer while there is nothing to forget. */
export class CompactionSchedule {
  readonly #options: CompactionScheduleOptions;
  #timer: Timer | undefined;

  constructor(options: CompactionScheduleOptions) {
    this.#options = options;
  }

  /** To be called after changes were applied. */
  noteChanges(): void {
    const { map, limits, compact } = this.#options;
    if (map.history.length > limits.events || map.history.bytes > limits.bytes) {
      compact(map.history.revisionLeaving(limits.events * REMAINING_PART, limits.bytes * REMAINING_PART));
    }
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    const { clock, map, limits, compact } = this.#options;
    if (this.#timer !== undefined || map.history.length === 0) return;
    const revision = map.revision;
    this.#timer = clock.setTimer(() => {
      this.#timer = undefined;
      compact(revision);
      this.#arm();
    }, limits.ageMs);
  }
}
