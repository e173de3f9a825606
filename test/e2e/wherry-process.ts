import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A wherry process that was started by a test, and that the test ends. */
export interface WherryProcess {
  readonly pid: number;
  /** What it has said so far. */
  output(): string;
  /** Resolves when it has said something that matches. @throws Error with its words when it ends before, or says nothing of the kind */
  said(pattern: RegExp, timeoutMs?: number): Promise<void>;
  /** Asks it to end and waits. Answers its exit code; -1 when it had to be killed. */
  stop(): Promise<number>;
}

const SAY_MS = 60_000;
const STOP_MS = 30_000;

/** Runs `node <words>`; the environment is this process's own, with `environment` added. */
export function startProcess(words: readonly string[], environment: Record<string, string> = {}): WherryProcess {
  const child = spawn(process.execPath, words, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let text = "";
  const listeners = new Set<() => void>();
  const hear = (chunk: Buffer): void => {
    text += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  child.on("exit", () => {
    for (const listener of listeners) listener();
  });
  return {
    pid: child.pid ?? 0,
    output: () => text,
    said(pattern, timeoutMs = SAY_MS) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => end(new Error(`it did not say ${pattern} in time:\n${text}`)), timeoutMs);
        const look = (): void => {
          if (pattern.test(text)) end();
          else if (hasEnded(child)) end(new Error(`it ended with ${child.exitCode ?? child.signalCode}:\n${text}`));
        };
        function end(error?: Error): void {
          clearTimeout(timer);
          listeners.delete(look);
          if (error === undefined) resolve();
          else reject(error);
        }
        listeners.add(look);
        look();
      });
    },
    stop: () => stop(child),
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function stop(child: ChildProcess): Promise<number> {
  if (!hasEnded(child)) {
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
    clearTimeout(timer);
  }
  return child.exitCode ?? -1;
}
