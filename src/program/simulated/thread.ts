import { MessageChannel, Worker } from "node:worker_threads";
import type { ApiServer } from "../../apiserver/api-server.ts";
import type { ProgramOutput } from "../../cli/program.ts";
import type { Started, StopOptions } from "../stop.ts";
import type { SaidByThread, SimulatedNodesChoices, ThreadData } from "./messages.ts";

export interface SimulatedThread extends Started {
  /** All nodes are Ready. Rejects with what kept them from it. */
  readonly ready: Promise<void>;
}

/**
 * Simulated nodes in a thread of their own, as kubelets are on machines of their own: what thousands of them compute and collect does
 * not hold up the API server, and they see it through a door that is no wider than the network's.
 */
export function startSimulatedThread(
  choices: SimulatedNodesChoices,
  to: { server: Pick<ApiServer, "servePort">; output: Pick<ProgramOutput, "log"> },
): SimulatedThread {
  const { port1: ours, port2: port } = new MessageChannel();
  to.server.servePort(ours);
  const workerData: ThreadData = { ...choices, port };
  const worker = new Worker(workerUrl(), {
    name: "simulated-nodes",
    execArgv: [],
    workerData,
    transferList: [port],
  });
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  let isReady = false;
  worker.on("message", (said: SaidByThread) => {
    if (said.kind === "log") return to.output.log(said.line);
    isReady = true;
    ready.resolve();
  });
  worker.on("error", (error) => {
    // As in the program's own thread: a defect ends it all.
    if (isReady) throw error;
    ready.reject(error);
  });
  worker.on("exit", () => {
    ready.reject(new Error("the thread of the simulated nodes has ended"));
    ended.resolve();
  });
  ready.promise.catch(() => {});
  return {
    ready: ready.promise,
    async stop(how: StopOptions) {
      if (isReady) worker.postMessage(how);
      else await worker.terminate();
      await ended.promise;
    },
  };
}

/** Beside this file in the source; in the bundle the worker is a file of its own. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./simulated-worker.js", import.meta.url);
}
