import type { Pod } from "../../api/generated/core/v1.ts";

/** The cgroups that pods' containers lie in. */
export interface PodCgroups {
  /** Cgroup of a pod, below that of its quality of service class. */
  parent(pod: Pod): string;
  /** Makes it, with the limits of the whole pod. What this machine does not allow is logged and left out. */
  ensure(pod: Pod): Promise<void>;
  remove(pod: { uid: string }): Promise<void>;
}
