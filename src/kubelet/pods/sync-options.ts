import type { Pod } from "../../api/generated/core/v1.ts";
import type { PodResize } from "../resize/pod-resize.ts";
import type { ReadyVolumes } from "../volumes/pod-volumes.ts";

/** Why a container does not run. */
export interface Trouble {
  readonly reason: string;
  readonly message: string;
  /** How often starting it failed in a row. */
  readonly failures: number;
  /** When it may be tried again after that (wall time). */
  readonly retryAtMs?: number | undefined;
}

/** What a pod's worker remembers between two looks at it. */
export interface PodMemory {
  /** By name of the container. Absent while there is none: very many pods only run. */
  troubles: Map<string, Trouble> | undefined;
  volumes: ReadyVolumes | undefined;
  /** Absent while it was never resized. */
  resize: PodResize | undefined;
}

export interface SyncOptions {
  readonly pod: Pod;
  readonly memory: PodMemory;
  readonly signal: AbortSignal;
  /** Something is other than it was, or something that takes long has begun: the status can be told. */
  onProgress(): void;
}
