import type { Pod } from "../../api/generated/core/v1.ts";

export type PodResource = "cpu" | "memory";

/** The cgroups that pods' containers lie in. */
export interface PodCgroups {
  /** There are none: whatever is set, nothing comes of it. */
  readonly limitsNothing?: boolean;
  /** Cgroup of a pod, below that of its quality of service class. */
  parent(pod: Pod): string;
  /** Makes it, with the limits of the whole pod. What this machine does not allow is logged and left out. */
  ensure(pod: Pod): Promise<void>;
  /**
   * Sets what of the pod's limits on one resource is more than now: before its containers get more. A limit that is gone stays.
   * Rejects with what this machine does not allow.
   */
  raise(pod: Pod, resource: PodResource): Promise<void>;
  /** Sets what is less than now: after its containers have less. */
  lower(pod: Pod, resource: PodResource): Promise<void>;
  /** What the pod may use of memory at most (no end without a limit), and uses, in bytes; undefined where nobody knows. */
  memory(pod: Pod): Promise<{ readonly limitBytes: number; readonly usageBytes: number } | undefined>;
  /** Limits all pods together to what the node has for them. Rejects with what this machine does not allow. */
  enforceNode(allocatable: { readonly cpus: number; readonly memoryBytes: number }): Promise<void>;
  /** Shares of the processor between the qualities of service, for the pods that are there. */
  shareProcessor(pods: readonly Pod[]): Promise<void>;
  remove(pod: { uid: string }): Promise<void>;
}
