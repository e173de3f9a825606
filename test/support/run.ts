import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** The program is killed after this time and the result has code 124. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;

/** The environment of every program that a test starts: the test's own variables must not reach it. */
export const cleanEnvironment: Readonly<Record<string, string>> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
  TERM: "dumb",
};

/** Runs a program to its end. Only a program that cannot be started rejects. */
export async function run(program: string, words: readonly string[], options: RunOptions = {}): Promise<Result> {
  const started = start(program, words, options);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    started.child.kill("SIGKILL");
  }, options.timeoutMs ?? TIMEOUT_MS);
  started.child.stdin?.end(options.input ?? "");
  const code = await started.exited;
  clearTimeout(timer);
  const stderr = timedOut ? `${started.stderr()}\n(killed by the test: it took too long)` : started.stderr();
  return { code: timedOut ? 124 : code, stdout: started.stdout(), stderr };
}

/** A program that goes on while the test looks at what it prints. */
export interface Started {
  readonly child: ChildProcess;
  /** Exit code; 128 when a signal ended it. */
  readonly exited: Promise<number>;
  stdout(): string;
  stderr(): string;
  /** Ends it and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export function start(
  program: string,
  words: readonly string[],
  options: RunOptions & Pick<SpawnOptions, "cwd"> = {},
): Started {
  const child = spawn(program, words, {
    cwd: options.cwd,
    env: { ...cleanEnvironment, ...options.environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const texts = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (texts.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (texts.stderr += text));
  // A program that ends before it has read everything breaks the pipe; its exit code tells the story.
  child.stdin.on("error", () => {});
  const exited = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 128));
  });
  exited.catch(() => {});
  return {
    child,
    exited,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      await exited;
    },
  };
}
