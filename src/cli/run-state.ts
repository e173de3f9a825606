import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { whyNotWritten } from "../base/disk-error.ts";
import { CommandError } from "./command.ts";

/** What a running cluster tells other commands about itself, in `<dataDirectory>/run.json`. */
export interface RunState {
  readonly pid: number;
  /** Start time of that process in clock ticks (field 22 of /proc/<pid>/stat), so that a reused pid is not taken for it. */
  readonly processStart: string;
  /** Absent until the API server listens. */
  readonly url?: string;
  readonly kubeconfig: string;
  /** Absent without a node. */
  readonly nodeName?: string;
  readonly startedAt: string;
  readonly ready: boolean;
  /** It was told to stop, and is about to end. */
  readonly stopping?: true;
}

interface StopRequest {
  /** Of the process that is to stop so; one that was killed leaves its request behind. */
  readonly pid: number;
  readonly keepPods: boolean;
}

const FILE = "run.json";
const STOP_FILE = "stop.json";

/**
 * The state of the cluster that runs with this data directory, or undefined.
 * @throws CommandError when somebody else's directory keeps us from knowing
 */
export function readRunState(dataDirectory: string): RunState | undefined {
  const state = readState(dataDirectory);
  return state !== undefined && processStart(state.pid) === state.processStart ? state : undefined;
}

function readState(dataDirectory: string): RunState | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDirectory, FILE), "utf8")) as RunState;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "EACCES" && code !== "EPERM") return undefined;
    throw new CommandError(
      `no permission to read ${dataDirectory}: run this as the user whose cluster it is, or choose another directory with --data-dir`,
    );
  }
}

export function writeRunState(dataDirectory: string, state: RunState): void {
  const draft = join(dataDirectory, `${FILE}.new`);
  try {
    writeFileSync(draft, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, join(dataDirectory, FILE));
  } catch (error) {
    rmSync(draft, { force: true });
    throw new CommandError(`cannot write to the data directory ${dataDirectory}: ${whyNotWritten(error)} (--data-dir)`);
  }
}

/** Forgets the state of process `pid`, and leaves alone what another has written in its place. */
export function removeRunState(dataDirectory: string, pid: number): void {
  if (readState(dataDirectory)?.pid !== pid) return;
  rmSync(join(dataDirectory, FILE), { force: true });
  rmSync(join(dataDirectory, STOP_FILE), { force: true });
}

/** Tells the process that is about to get SIGTERM how to stop. */
export function writeStopRequest(dataDirectory: string, request: StopRequest): void {
  writeFileSync(join(dataDirectory, STOP_FILE), JSON.stringify(request), { mode: 0o600 });
}

/** How process `pid` is to stop. */
export function readStopRequest(dataDirectory: string, pid: number): { keepPods: boolean } {
  try {
    const request = JSON.parse(readFileSync(join(dataDirectory, STOP_FILE), "utf8")) as Partial<StopRequest>;
    return { keepPods: request.pid === pid && request.keepPods === true };
  } catch {
    return { keepPods: false };
  }
}

/** When a process started; undefined when there is none, or no /proc (then its pid alone counts). */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return process.platform !== "linux" && isAlive(pid) ? "" : undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
