import type { ApiObject } from "../api/meta.ts";

/**
 * Tells people what a component did (`kubectl describe`, `kubectl events`). Recording never fails and never waits: events
 * go through a bounded queue, repeats are counted on one Event (count, lastTimestamp), and what does not fit is dropped.
 */
export interface EventRecorder {
  event(about: ApiObject, event: RecordedEvent): void;
}

export interface RecordedEvent {
  readonly type: "Normal" | "Warning";
  /** CamelCase, e.g. `ScalingReplicaSet`. */
  readonly reason: string;
  readonly message: string;
  /** Path of the part it is about, e.g. `spec.containers{web}`. */
  readonly fieldPath?: string;
}
