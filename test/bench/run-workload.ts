import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { nextMessage } from "./next-message.ts";
import type { BenchRun, Measurements, PeerRun, Workload } from "./workload.ts";

const PROCESS = join(import.meta.dirname, "workload-process.ts");
/** Times what it says it takes: a machine may be slower, or busy. */
const PATIENCE = 2;
const LEAST_LIMIT_MS = 120_000;
/** The program stops in order meanwhile, with the containers that it has started. */
const STOP_MS = 20_000;
const POLL_MS = 50;

/** What a workload's process is told, and what it says. */
export interface WorkloadOrder {
  readonly workload: string;
  readonly run: BenchRun;
  readonly peer?: PeerRun | undefined;
}

export type WorkloadAnswer = { readonly measurements: Measurements } | { readonly error: string };

/**
 * Measures in a process of its own, with a process group of its own: whatever a workload has started (programs, load, bare
 * loops) is ended with it, also when it fails, takes too long, or the run is interrupted.
 *
 * @throws Error that says why there are no measurements
 */
export async function runWorkload(
  workload: Workload,
  order: Omit<WorkloadOrder, "workload">,
  signal: AbortSignal,
): Promise<Measurements> {
  signal.throwIfAborted();
  const child = fork(PROCESS, { detached: true, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const limitMs = Math.max(LEAST_LIMIT_MS, workload.seconds * PATIENCE * 1000);
  const limit = AbortSignal.timeout(limitMs);
  try {
    const answered = nextMessage(child, "its process", AbortSignal.any([signal, limit]));
    child.send({ workload: workload.name, ...order } satisfies WorkloadOrder);
    const answer = (await answered) as WorkloadAnswer;
    if ("error" in answer) throw new Error(answer.error);
    return answer.measurements;
  } catch (error) {
    if (limit.aborted) throw new Error(`no result within ${Math.round(limitMs / 1000)} s`);
    if (signal.aborted) throw signal.reason;
    throw error;
  } finally {
    await endGroup(child);
  }
}

/** Asks all that are left of the group to end, and ends them when they do not. */
async function endGroup(child: ChildProcess): Promise<void> {
  const group = child.pid;
  if (group === undefined) return;
  for (let waited = 0; send(group, waited === 0 ? "SIGTERM" : 0); waited += POLL_MS) {
    if (waited > STOP_MS) {
      send(group, "SIGKILL");
      return;
    }
    await setTimeout(POLL_MS);
  }
}

/** False when nobody is left in the group. */
function send(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}
