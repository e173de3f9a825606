import { spawn } from "node:child_process";

export interface CommandResult {
  /** Exit code; 127 when there is no such program, 128 + n when it was killed by signal n or by the abort signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  readonly signal?: AbortSignal | undefined;
  /** Where it runs; this process's own directory when absent. */
  readonly directory?: string;
}

/** Runs a program of the host and waits for its end. Never rejects: what went wrong is in the result. */
export type RunCommand = (
  program: string,
  parameters: readonly string[],
  options?: CommandOptions,
) => Promise<CommandResult>;

/** What one of the two outputs may hold at most; the rest is cut off. */
const OUTPUT_LIMIT_CHARACTERS = 16 * 1024 * 1024;

/** RunCommand on the real host. */
export const runCommand: RunCommand = (program, parameters, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(program, parameters, {
      stdio: ["pipe", "pipe", "pipe"],
      signal: options.signal,
      cwd: options.directory,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (stdout.length < OUTPUT_LIMIT_CHARACTERS) stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (stderr.length < OUTPUT_LIMIT_CHARACTERS) stderr += text;
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) resolve({ code: 127, stdout, stderr: `${program}: ${error.message}` });
    });
    child.on("close", (code) => resolve({ code: code ?? 128, stdout, stderr }));
    // A program that ends before it has read everything breaks the pipe; its exit code tells the story.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
  });
