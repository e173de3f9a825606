import { Socket } from "node:net";
import { setPriority } from "node:os";
import { errorMessage } from "../../base/assert.ts";
import { openPipeTransports } from "../../client/pipe-transport.ts";
import { silentProgress } from "../environment.ts";
import { hostEnvironment } from "../host-environment.ts";
import { keepNewObjectsYoung, processMemory } from "../process-memory.ts";
import { type Started, type StopOptions, stopAll } from "../stop.ts";
import { tidyMemory } from "../tidy-memory.ts";
import { collectOften } from "../when-collected.ts";
import { PIPE_DESCRIPTOR, type SaidByProcess, type SaidToProcess, type SimulatedNodesChoices } from "./messages.ts";
import { startSimulatedNodes } from "./simulated-nodes.ts";

/** The API server goes first where processors are short, but not by so much that kubelets fall behind a fast client. */
const NICENESS = 5;

/** Entry of the process of simulated nodes. */
process.title = "wherry-simulated-nodes";
setPriority(NICENESS);
const say = (said: SaidByProcess): void => void process.send?.(said);
const environment = { ...hostEnvironment({ log: (line) => say({ kind: "log", line }) }), progress: silentProgress };
const transports = openPipeTransports(new Socket({ fd: PIPE_DESCRIPTOR }));
const started: Started[] = [
  { stop: async () => transports.close() },
  keepNewObjectsYoung(),
  tidyMemory(environment.clock, processMemory(), Number.POSITIVE_INFINITY),
  collectOften(environment.clock),
];

async function start(choices: SimulatedNodesChoices): Promise<void> {
  const context = { door: (identity: unknown) => transports.transport(identity), environment };
  try {
    started.push(await startSimulatedNodes({ ...choices, context }));
    say({ kind: "ready" });
  } catch (error) {
    say({ kind: "failed", why: errorMessage(error) });
  }
}

async function stop(how: StopOptions): Promise<void> {
  await stopAll(started, how, environment);
  process.exit();
}

process.on("message", (said: SaidToProcess) => {
  void (said.kind === "start" ? start(said.choices) : stop(said.how));
});
// The process that it belongs to has ended, in whatever way.
process.on("disconnect", () => process.exit());
// A terminal tells all processes; that one says when to stop.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
