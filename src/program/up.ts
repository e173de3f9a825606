import { sleep } from "../base/clock.ts";
import { nextTurn } from "../base/turn.ts";
import type { ProgramOutput, RunningProgram, UpOptions } from "../cli/program.ts";
import type { Simulation } from "../kubelet/cri/simulated/simulation.ts";
import { authoritySource } from "./authority-source.ts";
import type { ComponentContext } from "./components.ts";
import type { Environment } from "./environment.ts";
import { outputProgress } from "./progress.ts";
import { type OpenedServer, openServer } from "./server.ts";
import { abortedBefore, type Started, stopAll } from "./stop.ts";
import { tidyMemory } from "./tidy-memory.ts";

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
  const simulated = options.simulatedNodes > 0 ? await readSimulated(options) : undefined;
  const server = await openServer(options, to);
  const { plane, facts, url } = server;
  const context: ComponentContext = { door: plane.server.transport, environment };
  // Loaded only now: the API server answers before the rest of the program is read.
  await nextTurn();
  const { requireFirstPodBlock, startManagement } = await import("./management.ts");
  const controllers = {
    clusterCidr: facts.clusterCidr,
    authority: authoritySource(plane.keys),
    serviceAccountKey: () => plane.keys.current().serviceAccount.privateKey,
  };
  const isShared = options.etcd !== undefined;
  await startManagement(context, { controllers, isShared }, started);
  if (options.node) {
    if (isShared) await requireFirstPodBlock(context, { ...options, facts });
    const { startNode } = await import("./node.ts");
    await startNode({ ...options, ...server, address: options.nodeIp ?? server.address, context }, to);
  }
  if (simulated !== undefined) await startSimulated({ simulated, server }, to);
  started.push(tidyMemory(environment.clock));
  started.push({ stop: async () => server.hurry() });
  return running({ options, url, started, environment });
}

interface Simulated {
  readonly count: number;
  readonly simulation: Simulation;
}

/** Before anything starts: what is wrong with the file is told at once. */
async function readSimulated({ simulatedNodes, simulation }: UpOptions): Promise<Simulated> {
  const { readSimulationFile } = await import("./simulated/simulation-file.ts");
  return { count: simulatedNodes, simulation: await readSimulationFile(simulation) };
}

async function startSimulated(
  { simulated, server: { plane } }: { simulated: Simulated; server: OpenedServer },
  { environment, output, started }: { environment: Environment; output: ProgramOutput; started: Started[] },
): Promise<void> {
  const { startSimulatedThread } = await import("./simulated/thread.ts");
  const { kubeletServing: serving, trusted } = plane.keys.current();
  await environment.progress.step(
    "simulated",
    async () => {
      const choices = { ...simulated, serving, clientAuthority: trusted.cluster };
      const thread = startSimulatedThread(choices, { server: plane.server, output });
      started.push(thread);
      await thread.ready;
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
