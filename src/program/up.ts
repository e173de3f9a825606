import { sleep } from "../base/clock.ts";
import { nextTurn } from "../base/turn.ts";
import { CommandError } from "../cli/command.ts";
import type { ProgramOutput, RunningProgram, UpOptions } from "../cli/program.ts";
import type { Simulation } from "../kubelet/cri/simulated/simulation.ts";
import { authoritySource } from "./authority-source.ts";
import { dnsServiceAddress } from "./cluster-ranges.ts";
import type { ComponentContext } from "./components.ts";
import type { Environment } from "./environment.ts";
import { keepNewObjectsYoung } from "./process-memory.ts";
import { outputProgress } from "./progress.ts";
import { type OpenedServer, openServer } from "./server.ts";
import { abortedBefore, type Started, stopAll } from "./stop.ts";
import { tidyMemory } from "./tidy-memory.ts";
import { collectSeldom } from "./when-collected.ts";

/** A start that was given up waits so long for its last step. */
const LAST_STEP_MS = 5000;

/**
 * The whole cluster in this process. Resolves when it is ready; what has started is stopped again when a step fails or the
 * signal aborts before that.
 */
export async function up(
  options: UpOptions,
  output: ProgramOutput,
  base: Omit<Environment, "progress">,
): Promise<RunningProgram> {
  const environment: Environment = { ...base, progress: outputProgress(output, options.signal) };
  const started: Started[] = [];
  const interrupted = abortedBefore(options.signal);
  const starting = start(options, { environment, output, started });
  try {
    return await Promise.race([starting, interrupted.promise]);
  } catch (error) {
    // The step under way may still end, and what it started must be stopped as well.
    await Promise.race([starting.catch(() => {}), sleep(base.clock, LAST_STEP_MS)]);
    await stopAll(started, { keepPods: false }, environment);
    throw error;
  } finally {
    interrupted.dispose();
  }
}

async function start(
  options: UpOptions,
  to: { environment: Environment; output: ProgramOutput; started: Started[] },
): Promise<RunningProgram> {
  const { environment, started } = to;
  const simulation = await readSimulation(options);
  const server = await openServer(options, to);
  const { plane, facts, url } = server;
  const context: ComponentContext = { door: plane.server.transport, environment };
  // Loaded only now: the API server answers before the rest of the program is read.
  await nextTurn();
  const { requireFirstPodBlock, startManagement } = await import("./management.ts");
  const controllers = {
    ranges: facts,
    authority: authoritySource(plane.keys),
    serviceAccountKey: () => plane.keys.current().serviceAccount.privateKey,
  };
  const isShared = options.etcd !== undefined;
  await startManagement(context, { controllers, isShared }, started);
  if (options.node) {
    if (isShared) await requireFirstPodBlock(context, { ...options, facts });
    const { startNode } = await import("./node.ts");
    const address = options.nodeIp ?? server.address;
    await startNode({ ...options, ...server, address, simulation, context }, to);
  }
  if (options.simulatedNodes > 0)
    await startSimulated({ count: options.simulatedNodes, simulation }, { ...to, server });
  started.push(keepNewObjectsYoung(), tidyMemory(environment.clock), collectSeldom(environment.clock));
  started.push({ stop: async () => server.hurry() });
  return running({ options, url, started, environment });
}

/** Before anything starts: what is wrong with the file, or that nobody would heed it, is told at once. @throws CommandError (2) */
async function readSimulation({ simulation, simulatedNodes, node, runtime }: UpOptions): Promise<Simulation> {
  if (simulation === undefined) return {};
  const { chosenRuntime } = await import("./node-runtime.ts");
  if (simulatedNodes === 0 && !(node && chosenRuntime(runtime) === "simulated")) {
    throw new CommandError(
      "--simulation is for --simulated-nodes or --runtime simulated: nothing here is simulated",
      2,
    );
  }
  const { readSimulationFile } = await import("./simulated/simulation-file.ts");
  return await readSimulationFile(simulation);
}

async function startSimulated(
  simulated: { readonly count: number; readonly simulation: Simulation },
  to: { server: OpenedServer; environment: Environment; output: ProgramOutput; started: Started[] },
): Promise<void> {
  const { environment, output, started } = to;
  const { plane, facts } = to.server;
  const { startSimulatedProcess } = await import("./simulated/process.ts");
  const { kubeletServing: serving, trusted } = plane.keys.current();
  await environment.progress.step(
    "simulated",
    async () => {
      const { clusterDomain } = facts;
      const cluster = { clusterDns: dnsServiceAddress(facts), clusterDomain };
      const choices = { ...simulated, ...cluster, serving, clientAuthority: trusted.cluster };
      const nodes = startSimulatedProcess(choices, { server: plane.server, output });
      started.push(nodes);
      await nodes.ready;
    },
    () => `${simulated.count} nodes are Ready`,
  );
}

function running(parts: {
  options: UpOptions;
  url: string;
  started: Started[];
  environment: Environment;
}): RunningProgram {
  const { options, url, started, environment } = parts;
  const ended = Promise.withResolvers<void>();
  let stopping: Promise<void> | undefined;
  return {
    url,
    kubeconfig: options.kubeconfig,
    nodeReady: options.node,
    stopped: ended.promise,
    stop(how) {
      stopping ??= stopAll(started, how, environment).then(() => ended.resolve());
      return stopping;
    },
  };
}
