import type { ContainerConfig, LinuxContainerResources, PodSandboxConfig } from "../config.ts";
import type { ContainerStatus, ExecSyncResult } from "../state.ts";

/** What the simulated runtime keeps of a sandbox: no process needs the rest. */
export type KeptSandbox = Pick<PodSandboxConfig, "metadata" | "labels">;

/** How the simulated runtime behaves: what takes how long, what fails, and what containers do. All times milliseconds. */
export interface SimulationRules {
  readonly stopSandboxMs: number;
  readonly createContainerMs: number;
  /** How long a sandbox takes to start, and why it does not when it does not. */
  sandbox(config: KeptSandbox): { readonly durationMs: number; readonly error?: string | undefined };
  /** What a registry has under a name. */
  pull(image: string): SimulatedPull;
  /** What the container will do once it is started. */
  behave(config: ContainerConfig, sandbox: KeptSandbox): SimulatedBehaviour;
  /** Why a container cannot be given other resources; all can when absent. */
  update?(container: ContainerStatus, resources: LinuxContainerResources): string | undefined;
  exec(
    container: ContainerStatus,
    command: readonly string[],
  ): Omit<ExecSyncResult, "stdout" | "stderr"> & { output: string };
}

export type SimulatedPull =
  | { readonly durationMs: number; readonly sizeBytes: number }
  | { readonly durationMs: number; readonly error: string };

export interface SimulatedBehaviour {
  /** How long it takes to start; 40 when absent. */
  readonly startMs?: number;
  /** Why it cannot be started. */
  readonly startError?: string;
  /** It ends by itself, so long after its start; it runs on when absent. */
  readonly exit?: { readonly afterMs: number; readonly code: number };
  /** How long it takes to end after SIGTERM, and with which code; it waits for SIGKILL when absent. */
  readonly onTerm?: { readonly afterMs: number; readonly code: number };
}

const MEGABYTE = 1_000_000;
/** One for all containers. */
const RUNS_UNTIL_STOPPED: SimulatedBehaviour = { onTerm: { afterMs: 20, code: 0 } };

/** A node on which everything works: times as measured with containerd, every image exists, containers run until stopped. */
export const DEFAULT_RULES: SimulationRules = {
  stopSandboxMs: 50,
  createContainerMs: 20,
  sandbox: () => ({ durationMs: 80 }),
  pull: () => ({ durationMs: 500, sizeBytes: 50 * MEGABYTE }),
  behave: () => RUNS_UNTIL_STOPPED,
  exec: () => ({ exitCode: 0, output: "" }),
};
