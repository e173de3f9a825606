import type { TraceContext } from "../../base/trace.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import type { QueuedPod } from "../framework.ts";

/**
 * A pod on its way through the queue; never changed, replaced by a new one at each step. Very many may wait: times are whole
 * milliseconds, which take no memory of their own.
 */
export interface WaitingPod extends QueuedPod {
  readonly pod: PodFacts;
  readonly enqueuedMs: number;
  readonly sequence: number;
  /** When it first came: monotonic milliseconds. */
  readonly firstEnqueuedMs: number;
  /** Scheduling cycles that it has been through. */
  readonly attempts: number;
  /** When the last attempt failed: monotonic milliseconds; the back-off counts from here. */
  readonly rejectedMs: number;
  /** Plugins that rejected it at the last attempt, or that hold it back. */
  readonly rejectedBy: readonly string[];
  /** A plugin keeps it from becoming active at all. */
  readonly gated: boolean;
  /** The last attempt failed for a technical reason: it waits its back-off out even when nothing else is to do. */
  readonly failedByError: boolean;
  /** What made the pod known, for the trace of the first attempt: what helps it later has another cause. */
  readonly cause?: TraceContext | undefined;
}
