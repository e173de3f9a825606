import type { Pod } from "../../api/generated/core/v1.ts";
import type { ReadyVolumes } from "../volumes/pod-volumes.ts";

/** What a pod's worker remembers between two looks at it. */
export interface PodMemory {
  /** Why containers do not run, by name. */
  readonly waiting: Map<string, { reason: string; message: string }>;
  /** When a container whose start failed may be tried again (wall time), by name. */
  readonly retryAtMs: Map<string, number>;
  /** How often starting a container failed in a row. */
  readonly failures: Map<string, number>;
  volumes: ReadyVolumes | undefined;
}

export interface SyncOptions {
  readonly pod: Pod;
  readonly memory: PodMemory;
  readonly signal: AbortSignal;
  /** Something is other than it was, or something that takes long has begun: the status can be told. */
  onProgress(): void;
}
