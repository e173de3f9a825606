import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { systemClock } from "../../src/base/clock.ts";
import { freePort } from "../support/free-port.ts";
import { liveMbOf, OBSERVING, type Observed, observedOf } from "./observer.ts";

const ROOT = join(import.meta.dirname, "../..");
const START_MS = 120_000;

/** The program as a clone has it. */
export const SOURCE = join(ROOT, "src/main.ts");

/**
 * Builds the program as the package has it, and copies it to `directory`, so that nobody's next build takes away what is being
 * measured. Answers its main file.
 */
export function buildProgram(directory: string): string {
  execFileSync(process.execPath, [join(ROOT, "scripts/build.ts")], { cwd: ROOT });
  // As it is installed: without its package.json Node has to find out what the files are.
  for (const name of ["dist", "package.json"]) cpSync(join(ROOT, name), join(directory, name), { recursive: true });
  return join(directory, "dist", "wherry.js");
}

export interface ProgramRun {
  readonly pid: number;
  readonly dataDirectory: string;
  /** From the spawn until /readyz said ok to a new TLS client. */
  readonly apiReadyMs: number;
  /** CPU time that the process had used by then, over all its threads. */
  readonly apiReadyCpuMs: number;
  /** From the spawn until the program said Ready: with a node, when that is Ready. */
  readonly readyMs: number;
  /** Only of a run that is observed. Asking begins a new observation. */
  observed(): Promise<Observed>;
  /** Only of a run that is observed: what is alive in heap and buffers after a collection. */
  liveMb(): Promise<number>;
  stop(): Promise<void>;
}

/** Runs `wherry up` and measures its start. What it says is in the error when it does not come up. */
export async function startProgram(options: {
  /** Main file. */
  readonly program: string;
  readonly dataDirectory: string;
  /** Where compiled code is kept: a new directory is a machine that has never run the program. */
  readonly cacheDirectory: string;
  readonly words?: readonly string[];
  /** Costs a timer of a millisecond in the program. */
  readonly observed?: boolean;
}): Promise<ProgramRun> {
  const port = await freePort();
  const words = ["up", "--data-dir", options.dataDirectory, "--port", String(port), ...(options.words ?? [])];
  const startedAt = systemClock.monotonic();
  const observer = options.observed ? OBSERVING : [];
  const { environment, nodeOptions } = firstLineOf(options.program);
  const child = spawn(process.execPath, [...nodeOptions, ...observer, options.program, ...words], {
    stdio: ["ignore", "ignore", "pipe", ...(options.observed ? (["ipc"] as const) : [])],
    env: { ...process.env, ...environment, WHERRY_CACHE_DIR: options.cacheDirectory },
  });
  let said = "";
  const saidReady = new Promise<number>((resolve) => {
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (/^Ready in /m.test(said)) resolve(systemClock.monotonic() - startedAt);
    });
  });
  while (!(await isReady(port))) {
    if (child.exitCode !== null || systemClock.monotonic() - startedAt > START_MS)
      throw new Error(`no start:\n${said}`);
    await setTimeout(1);
  }
  const apiReadyMs = systemClock.monotonic() - startedAt;
  const apiReadyCpuMs = cpuMs(child.pid ?? 0);
  const ended = once(child, "exit").then(() => Promise.reject(new Error(`it ended:\n${said}`)));
  ended.catch(() => {});
  const readyMs = await Promise.race([saidReady, ended]);
  return {
    pid: child.pid ?? 0,
    dataDirectory: options.dataDirectory,
    apiReadyMs,
    apiReadyCpuMs,
    readyMs,
    observed: () => observedOf(child),
    liveMb: () => liveMbOf(child),
    stop: () => stop(child),
  };
}

/** What the program's first line tells the system to start Node with: `#!/usr/bin/env -S NAME=VALUE… node OPTION…`. */
function firstLineOf(program: string): { environment: Record<string, string>; nodeOptions: string[] } {
  const [line = ""] = existsSync(program) ? readFileSync(program, "utf8").split("\n", 1) : [];
  const [, names = "", options = ""] = /^#!\S+ -S (.*?)\bnode (.*)$/.exec(line) ?? [];
  const environment = Object.fromEntries(wordsOf(names).map((word) => word.split("=") as [string, string]));
  return { environment, nodeOptions: wordsOf(options) };
}

const wordsOf = (text: string): string[] => text.split(" ").filter((word) => word !== "");

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      { host: "127.0.0.1", port, path: "/readyz", rejectUnauthorized: false, agent: false },
      (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode === 200));
      },
    );
    request.on("error", () => resolve(false));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

const TICKS_PER_SECOND = 100;

/** User and system time of a process so far (fields 14 and 15 of /proc/PID/stat). */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

/** Resident memory in MB (10^6 bytes). */
export function residentMb(pid: number): number {
  return statusMb(pid, "VmRSS");
}

/** The highest that resident memory has been, in MB, since the start or the last `forgetPeak`. */
export function peakResidentMb(pid: number): number {
  return statusMb(pid, "VmHWM");
}

/** The process and those that it has started, as simulated nodes are one. */
export function withChildren(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return [pid, ...(children === "" ? [] : children.split(" ").map(Number))];
}

/** Of the process and those that it has started, together. */
export function sumOf(measure: (pid: number) => number, pid: number): number {
  return withChildren(pid).reduce((sum, each) => sum + measure(each), 0);
}

/** See proc(5), clear_refs. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

function statusMb(pid: number, field: string): number {
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number(kib) * 1024) / 1e6;
}

/** Bytes that a process has had written to disks so far, over all its threads. */
export function writtenBytes(pid: number): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
}
