import { parentPort, workerData } from "node:worker_threads";
import { present } from "../../base/assert.ts";
import { openPortTransports } from "../../client/port-transport.ts";
import { silentProgress } from "../environment.ts";
import { hostEnvironment } from "../host-environment.ts";
import { processMemory } from "../process-memory.ts";
import { type Started, type StopOptions, stopAll } from "../stop.ts";
import { tidyMemory } from "../tidy-memory.ts";
import { collectOften } from "../when-collected.ts";
import type { SaidByThread, ThreadData } from "./messages.ts";
import { startSimulatedNodes } from "./simulated-nodes.ts";

/** Entry of the thread of simulated nodes. */
const { port, ...choices } = workerData as ThreadData;
const parent = present(parentPort, "port to the main thread");
const say = (said: SaidByThread): void => parent.postMessage(said);
const environment = { ...hostEnvironment({ log: (line) => say({ kind: "log", line }) }), progress: silentProgress };
const transports = openPortTransports(port);
const started: Started[] = [
  { stop: async () => transports.close() },
  tidyMemory(environment.clock, processMemory(), Number.POSITIVE_INFINITY),
  collectOften(environment.clock),
];

parent.once("message", (how: StopOptions) => {
  // Of the thread alone, whatever may still be open in it.
  void stopAll(started, how, environment).then(() => process.exit());
});
const context = { door: (identity: unknown) => transports.transport(identity), environment };
started.push(await startSimulatedNodes({ ...choices, context }));
say({ kind: "ready" });
