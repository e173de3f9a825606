/** What probes found out about running containers, by container id. */
export interface ProbeResults {
  /** Passed its startup probe, or has none. */
  hasStarted(containerId: string): boolean;
  /** Passes its readiness probe, or has none. */
  isReady(containerId: string): boolean;
  /** Which probe demands that the container be replaced. */
  failedProbe(containerId: string): "liveness" | "startup" | undefined;
}
