import type { Pod } from "../../api/generated/core/v1.ts";

/** The cgroups that pods' containers lie in. */
export interface PodCgroups {
  /** There are none: whatever is set, nothing comes of it. */
  readonly limitsNothing?: boolean;
  /** Cgroup of a pod, below that of its quality of service class. */
  parent(pod: Pod): string;
  /** Makes it, with the limits of the whole pod. What this machine does not allow is logged and left out. */
  ensure(pod: Pod): Promise<void>;
  /** Limits all pods together to what the node has for them. Rejects with what this machine does not allow. */
  enforceNode(allocatable: { readonly cpus: number; readonly memoryBytes: number }): Promise<void>;
  /** Shares of the processor between the qualities of service, for the pods that are there. */
  shareProcessor(pods: readonly Pod[]): Promise<void>;
  remove(pod: { uid: string }): Promise<void>;
}
