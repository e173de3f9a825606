import { spawn } from "node:child_process";
import { open, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { type Clock, sleep } from "../../../base/clock.ts";

/** A process by number and start time: a number alone may be somebody else's by now. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
}

/** Identity of a running process; undefined when there is none (zombies do not count). */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return undefined;
  // The program's name, in parentheses, may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : { pid, startTicks: fields[19] ?? "" };
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.startTicks === identity.startTicks;
}

/** Starts a program that outlives this one, with its output appended to a file, and notes who it is in `pidFile`. */
export async function startDetached(
  file: string,
  args: readonly string[],
  options: { logFile: string; pidFile: string; onExit(description: string): void },
): Promise<ProcessIdentity> {
  const log = await open(options.logFile, "a");
  try {
    const child = spawn(file, [...args], { detached: true, stdio: ["ignore", log.fd, log.fd] });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("spawn", () => resolve(child.pid!));
    });
    child.on("exit", (code, signal) => options.onExit(signal === null ? `exit code ${code}` : `signal ${signal}`));
    child.unref();
    const identity = (await identify(pid)) ?? { pid, startTicks: "" };
    await writeFile(options.pidFile, `${identity.pid} ${identity.startTicks}\n`);
    return identity;
  } finally {
    await log.close();
  }
}

/** The process that a pid file names, if it still runs. */
export async function readPidFile(pidFile: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(pidFile, "utf8").catch(() => "");
  const [pid = "", startTicks = ""] = text.trim().split(" ");
  const identity = { pid: Number(pid), startTicks };
  return identity.pid > 0 && (await isAlive(identity)) ? identity : undefined;
}

/** SIGTERM, then SIGKILL after `graceMs`; resolves when the process is gone. */
export async function terminate(identity: ProcessIdentity, options: { clock: Clock; graceMs: number }): Promise<void> {
  const { clock, graceMs } = options;
  const deadline = clock.monotonic() + graceMs;
  signalProcess(identity, "SIGTERM");
  let killed = false;
  while (await isAlive(identity)) {
    if (!killed && clock.monotonic() > deadline) {
      signalProcess(identity, "SIGKILL");
      killed = true;
    }
    await sleep(clock, 10);
  }
}

function signalProcess({ pid }: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in the meantime.
  }
}

/** Whether somebody accepts connections on a unix socket. */
export function accepts(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    const answer = (value: boolean) => {
      connection.destroy();
      resolve(value);
    };
    connection.once("connect", () => answer(true));
    connection.once("error", () => answer(false));
  });
}

export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}
