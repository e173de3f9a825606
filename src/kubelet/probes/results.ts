import type { AnyContainer } from "../pods/pod.ts";

/** What probes found out about running containers. */
export interface ProbeResults {
  /** Passed its startup probe, or has none. */
  hasStarted(containerId: string, container: AnyContainer): boolean;
  /** Passes its readiness probe, or has none. */
  isReady(containerId: string, container: AnyContainer): boolean;
  /** Which probe demands that the container be replaced. */
  failedProbe(containerId: string): "liveness" | "startup" | undefined;
}
