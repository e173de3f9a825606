import { fork } from "node:child_process";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { ApiServer } from "../../apiserver/api-server.ts";
import type { ProgramOutput } from "../../cli/program.ts";
import type { Started } from "../stop.ts";
import { PIPE_DESCRIPTOR, type SaidByProcess, type SaidToProcess, type SimulatedNodesChoices } from "./messages.ts";

export interface SimulatedProcess extends Started {
  /** All nodes are Ready. Rejects with what kept them from it. */
  readonly ready: Promise<void>;
}

/** As the program itself is started (decision 37). */
const NODE_OPTIONS = ["--max-semi-space-size=32"];

/**
 * Simulated nodes in a process of their own, as kubelets are on machines of their own: what thousands of them compute and collect does
 * not hold up the API server, and they see it through a door that is no wider than the network's.
 */
export function startSimulatedProcess(
  choices: SimulatedNodesChoices,
  to: { server: Pick<ApiServer, "servePipe">; output: Pick<ProgramOutput, "log"> },
): SimulatedProcess {
  const child = fork(mainPath(), [], {
    execArgv: NODE_OPTIONS,
    stdio: ["ignore", "inherit", "inherit", "ipc", "pipe"],
  });
  to.server.servePipe(child.stdio[PIPE_DESCRIPTOR] as Duplex);
  // Where it has ended meanwhile, its exit says so.
  const say = (said: SaidToProcess): void => void child.send(said, () => {});
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  let isReady = false;
  let isStopping = false;
  child.on("message", (said: SaidByProcess) => {
    if (said.kind === "log") return to.output.log(said.line);
    if (said.kind === "failed") return ready.reject(new Error(said.why));
    isReady = true;
    ready.resolve();
  });
  child.on("error", (error) => {
    ready.reject(error);
    ended.resolve();
  });
  child.on("exit", (code, signal) => {
    const error = new Error(`the process of the simulated nodes has ended: ${signal ?? `exit code ${code}`}`);
    ready.reject(error);
    ended.resolve();
    // As in the program's own process: a defect ends it all.
    if (isReady && !isStopping) throw error;
  });
  ready.promise.catch(() => {});
  say({ kind: "start", choices });
  return {
    ready: ready.promise,
    async stop(how) {
      isStopping = true;
      if (isReady) say({ kind: "stop", how });
      else child.kill("SIGKILL");
      await ended.promise;
    },
  };
}

/** Beside this file in the source; in the bundle it is a file of its own. */
function mainPath(): string {
  const name = import.meta.url.endsWith(".ts") ? "./main.ts" : "./simulated-nodes.js";
  return fileURLToPath(new URL(name, import.meta.url));
}
