import type { Pod, Probe } from "../../api/generated/core/v1.ts";
import type { AnyContainer } from "../pods/pod.ts";

export interface ProbeOutcome {
  readonly success: boolean;
  /** For the event Unhealthy. */
  readonly output: string;
}

export interface ProbeTarget {
  readonly pod: Pod;
  readonly container: AnyContainer;
  readonly containerId: string;
  /** Address of the pod; of the node in its network. */
  readonly podIp: string;
}

/** Runs one probe once. Answers within its timeout; a probe that cannot run has failed, unless `unknown` is set. */
export interface Prober {
  probe(probe: Probe, target: ProbeTarget): Promise<ProbeOutcome & { readonly unknown?: boolean }>;
}
