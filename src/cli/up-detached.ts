import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, openSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CommandError, type ExitCode, type Invocation } from "./command.ts";
import { makeDataDirectory } from "./data-directory.ts";
import { readLog } from "./log-file.ts";
import { readRunState } from "./run-state.ts";
import { pause } from "./wait.ts";

/** Tells the process in the background that no terminal stops it. */
export const DETACHED_VARIABLE = "WHERRY_DETACHED";

const START_MS = 60_000;
const POLL_MS = 50;

/** Starts the same command in the background and shows what it said when it is ready; what does not get ready is stopped. */
export async function startDetached(invocation: Invocation, dataDirectory: string): Promise<ExitCode> {
  const { clock, terminal, signal } = invocation;
  const isNew = !existsSync(dataDirectory);
  makeDataDirectory(dataDirectory);
  const file = join(dataDirectory, "start.log");
  const { child, exited } = startInBackground(invocation, file);
  const deadline = clock.monotonic() + START_MS;
  while (exited() === undefined) {
    const state = readRunState(dataDirectory);
    if (state?.pid === child.pid && state?.ready === true) {
      child.unref();
      terminal.say(readLog(file));
      return 0;
    }
    const late = clock.monotonic() > deadline;
    if (late || signal.aborted) {
      await stop(child, exited);
      terminal.say(readLog(file));
      throw new CommandError(late ? `the cluster was not ready within ${START_MS / 1000} s` : "interrupted");
    }
    await pause(POLL_MS);
  }
  terminal.say(readLog(file));
  // All that it says has been said.
  rmSync(file);
  if (isNew && readdirSync(dataDirectory).length === 0) rmdirSync(dataDirectory);
  return exited()!;
}

function startInBackground(
  invocation: Invocation,
  file: string,
): { child: ChildProcess; exited(): ExitCode | undefined } {
  const output = openSync(file, "w", 0o600);
  const words = process.argv.slice(2).filter((word) => word !== "--detach" && word !== "-d");
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...words], {
    detached: true,
    stdio: ["ignore", output, output],
    env: { ...invocation.environment, [DETACHED_VARIABLE]: "1" },
  });
  let exitCode: ExitCode | undefined;
  child.on("exit", (code) => {
    exitCode = (code ?? 1) as ExitCode;
  });
  return { child, exited: () => exitCode };
}

async function stop(child: ChildProcess, exited: () => ExitCode | undefined): Promise<void> {
  child.kill("SIGTERM");
  while (exited() === undefined) await pause(POLL_MS);
}
