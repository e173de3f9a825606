import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { systemClock } from "../../src/base/clock.ts";
import { freePort } from "../support/free-port.ts";

const ROOT = join(import.meta.dirname, "../..");
const SOURCE = join(ROOT, "src/main.ts");
const START_MS = 120_000;

/** The program as a user runs it: built, as the package has it; or from source, as a clone has it. */
export type Variant = "built" | "source";

let built: string | undefined;

/** Builds dist/ once a run. */
function program(variant: Variant): string {
  if (variant === "source") return SOURCE;
  if (built === undefined) execFileSync(process.execPath, [join(ROOT, "scripts/build.ts")], { cwd: ROOT });
  built = join(ROOT, "dist/wherry.js");
  return built;
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
  stop(): Promise<void>;
}

/** Runs `wherry up` and measures its start. What it says is in the error when it does not come up. */
export async function startProgram(options: {
  readonly variant: Variant;
  readonly dataDirectory: string;
  /** Where compiled code is kept: a new directory is a machine that has never run the program. */
  readonly cacheDirectory: string;
  readonly words?: readonly string[];
}): Promise<ProgramRun> {
  const main = program(options.variant);
  const port = await freePort();
  const words = ["up", "--data-dir", options.dataDirectory, "--port", String(port), ...(options.words ?? [])];
  const startedAt = systemClock.monotonic();
  const child = spawn(process.execPath, [main, ...words], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, WHERRY_CACHE_DIR: options.cacheDirectory },
  });
  let said = "";
  const saidReady = new Promise<number>((resolve) => {
    child.stderr.on("data", (chunk: Buffer) => {
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
    stop: () => stop(child),
  };
}

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
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number(kib) * 1024) / 1e6;
}
