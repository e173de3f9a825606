import { fork } from "node:child_process";
import { join } from "node:path";
import type { Job, ResultOf, Said } from "./job.ts";

const PROCESS = join(import.meta.dirname, "load-process.ts");

export interface RunningLoad<J extends Job> {
  /** All watches are open. Resolves for watchers only. */
  readonly ready: Promise<void>;
  readonly result: Promise<ResultOf<J>>;
}

/** Starts a load process with a job; a `nice` one (nice(1), 1 to 19) takes only what others leave of the processors. */
export function startLoad<J extends Job>(job: J, { nice = 0 } = {}): RunningLoad<J> {
  // By nice(1), because a process that lowers itself lowers its main thread alone.
  const lowered = nice === 0 ? {} : { execPath: "nice", execArgv: ["-n", String(nice), process.execPath] };
  const child = fork(PROCESS, { stdio: ["ignore", "inherit", "inherit", "ipc"], ...lowered });
  let sayReady: (() => void) | undefined;
  const ready = new Promise<void>((resolve) => {
    sayReady = resolve;
  });
  const result = new Promise<ResultOf<J>>((resolve, reject) => {
    child.on("message", (said: Said) => {
      if ("ready" in said) sayReady?.();
      else if ("error" in said) reject(new Error(said.error));
      else resolve(said.result as ResultOf<J>);
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`the load process ended with ${code} and no result`)));
  });
  child.send(job);
  return { ready, result };
}

/** Runs a job to its end. */
export function runLoad<J extends Job>(job: J): Promise<ResultOf<J>> {
  return startLoad(job).result;
}
