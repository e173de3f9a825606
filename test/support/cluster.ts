import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.ts";
import { createKubectl, type Kubectl } from "./kubectl.ts";
import { type Result, run, type Started, start } from "./run.ts";
import { tellWhenFailed } from "./tell-when-failed.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const START_TIMEOUT_MS = 60_000;
const LOG_LINES = 60;

export interface ClusterOptions {
  /** Further words of `wherry up`, e.g. `--no-node`. */
  readonly words?: readonly string[];
  /** Where the cluster lives; a new temporary directory when absent. */
  readonly directory?: string;
  readonly port?: number;
}

/** The real program as a child process, on its own data directory and port. */
export interface Cluster {
  readonly dataDirectory: string;
  readonly port: number;
  readonly kubectl: Kubectl;
  /** The program's process id, while it runs. */
  pid(): number;
  /** Starts it (again) and waits until it says that it is ready. @throws Error with what it said */
  up(...words: readonly string[]): Promise<void>;
  /** `wherry down` with these words. */
  down(...words: readonly string[]): Promise<Result>;
  /** Ends the program without a chance to clean up. */
  kill(): Promise<void>;
  /** What the program said on the terminal since its last start. */
  said(): string;
  /** For afterEach: prints what explains a failure, when the test has failed. */
  readonly tell: (context: unknown) => Promise<void>;
  /** Stops what runs and deletes the directory. */
  remove(): Promise<void>;
}

/** Runs one command of the program to its end. */
export function wherry(...words: readonly string[]): Promise<Result> {
  return run(process.execPath, [MAIN, ...words], { timeoutMs: 150_000 });
}

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), "wherry-e2e-"));
  const cluster = clusterIn(directory, options.port ?? (await freePort()), options.words ?? []);
  try {
    await cluster.up();
    return cluster;
  } catch (error) {
    await cluster.remove();
    throw error;
  }
}

function clusterIn(directory: string, port: number, always: readonly string[]): Cluster {
  const dataDirectory = join(directory, "data");
  const home = join(directory, "home");
  mkdirSync(home, { recursive: true });
  let program: Started | undefined;
  const down = async (...words: readonly string[]): Promise<Result> => {
    const result = await wherry("down", "--data-dir", dataDirectory, ...words);
    await program?.exited;
    program = undefined;
    return result;
  };
  const kubectl = createKubectl(join(dataDirectory, "kubeconfig"), home);
  const said = (): string => `${program?.stdout() ?? ""}${program?.stderr() ?? ""}`;
  return {
    dataDirectory,
    port,
    kubectl,
    said,
    down,
    pid: () => program!.child.pid!,
    async up(...words) {
      program = start(process.execPath, [
        ...[MAIN, "up", "--data-dir", dataDirectory, "--port", String(port)],
        ...always,
        ...words,
      ]);
      await untilReady(program, dataDirectory);
    },
    async kill() {
      await program?.stop("SIGKILL");
      program = undefined;
    },
    tell: (context) =>
      tellWhenFailed(context, async () => {
        const { stdout, stderr } = await kubectl("get", "all,events", "-A", "--request-timeout=3s");
        return `${said()}\n${logTail(dataDirectory)}\n${stdout}${stderr.trimEnd().split("\n").at(-1)}`;
      }),
    async remove() {
      await down();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Resolves when the program says Ready. */
async function untilReady(program: Started, dataDirectory: string): Promise<void> {
  const { child } = program;
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => {
      done();
      reject(new Error(`wherry up ${why}\n${program.stdout()}${program.stderr()}\n${logTail(dataDirectory)}`));
    };
    const timer = setTimeout(() => fail(`is not ready within ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
    const look = (): void => {
      if (!/^Ready in /m.test(program.stderr())) return;
      done();
      resolve();
    };
    const ended = (code: number | null): void => fail(`ended with ${code}`);
    function done(): void {
      clearTimeout(timer);
      child.stderr!.off("data", look);
      child.off("close", ended);
    }
    child.stderr!.on("data", look);
    child.once("close", ended);
  });
}

function logTail(dataDirectory: string): string {
  const file = join(dataDirectory, "wherry.log");
  if (!existsSync(file)) return "";
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return [`last lines of ${file}:`, ...lines.slice(-LOG_LINES)].join("\n");
}
