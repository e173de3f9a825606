import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { nextMessage } from "./next-message.ts";

/** What a process that is started with these words of Node can be asked (observe-process.ts). */
export const OBSERVING: readonly string[] = [
  "--expose-gc",
  "--import",
  join(import.meta.dirname, "observe-process.ts"),
];

export interface Question {
  readonly ask: "observed" | "live";
}

/** What happened in the main thread of a process since it was asked last. */
export interface Observed {
  /** How long the event loop stood still: percentiles over its turns. */
  readonly stallP50Ms: number;
  readonly stallP90Ms: number;
  readonly stallP99Ms: number;
  readonly stallP999Ms: number;
  readonly stallMaxMs: number;
  /** Pauses for garbage collection. */
  readonly gcLongestMs: number;
  readonly gcTotalMs: number;
  readonly gcCount: number;
}

/** Asking begins a new observation. */
export async function observedOf(child: ChildProcess): Promise<Observed> {
  return (await ask(child, "observed")) as Observed;
}

/** What is alive in heap and buffers after a collection, in MB. */
export async function liveMbOf(child: ChildProcess): Promise<number> {
  return (await ask(child, "live")) as number;
}

async function ask(child: ChildProcess, question: Question["ask"]): Promise<unknown> {
  const answered = nextMessage(child, "the observed process");
  child.send({ ask: question } satisfies Question);
  return answered;
}

/** As metrics of a workload. */
export function observations(observed: Observed): Record<string, number> {
  return {
    stall_p50_ms: observed.stallP50Ms,
    stall_p90_ms: observed.stallP90Ms,
    stall_p99_ms: observed.stallP99Ms,
    stall_p999_ms: observed.stallP999Ms,
    stall_max_ms: observed.stallMaxMs,
    gc_longest_ms: observed.gcLongestMs,
    gc_total_ms: observed.gcTotalMs,
  };
}
