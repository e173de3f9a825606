import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Metrics } from "../base/metrics.ts";
import type { Random } from "../base/random.ts";
import type { SpanRing } from "../base/trace.ts";

/** What every part of the program gets from its edge. */
export interface Environment {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly spans: SpanRing;
  /** What all parts of this process count. */
  readonly metrics: Metrics;
  /** Says what happens while it happens: one step, with its time when it is done. */
  readonly progress: Progress;
}

export interface Progress {
  /** Runs one step and reports it; a failing step reports itself and throws on. */
  step<T>(name: string, work: () => Promise<T>, detail?: (result: T) => string): Promise<T>;
}

/** For embedded use: nobody looks. */
export const silentProgress: Progress = { step: (_name, work) => work() };
