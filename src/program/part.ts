import type { PartName, PartOptions, ProgramOutput, RunningProgram } from "../cli/program.ts";
import type { Environment } from "./environment.ts";
import { outputProgress } from "./progress.ts";
import type { PartTo, StartedPart } from "./started-part.ts";
import { abortedBefore, type Started, stopAll } from "./stop.ts";

type StartPart = (options: PartOptions, to: PartTo) => Promise<StartedPart>;

/** How each part starts; a part loads only its own code. */
const PARTS: Readonly<Record<PartName, StartPart>> = {
  apiserver: async (options, to) => (await import("./part-apiserver.ts")).startApiServer(options, to),
  "controller-manager": async (options, to) => (await import("./part-led.ts")).startControllerManager(options, to),
  scheduler: async (options, to) => (await import("./part-led.ts")).startSchedulerAlone(options, to),
  kubelet: async (options, to) => (await import("./part-node.ts")).startKubeletAlone(options, to),
  proxy: async (options, to) => (await import("./part-node.ts")).startProxyAlone(options, to),
  agent: async (options, to) => (await import("./join.ts")).joinAsAgent(options, to),
};

/** One part alone, over HTTP. Resolves when it works; what has started is stopped again when it does not get so far. */
export async function runPart(
  name: PartName,
  options: PartOptions,
  to: { output: ProgramOutput; base: Omit<Environment, "progress"> },
): Promise<RunningProgram> {
  const environment: Environment = { ...to.base, progress: outputProgress(to.output) };
  const started: Started[] = [holdProcess()];
  const interrupted = abortedBefore(options.signal);
  try {
    const part = PARTS[name](options, { environment, output: to.output, started });
    return running(await Promise.race([part, interrupted.promise]), { started, environment });
  } catch (error) {
    await stopAll(started, { keepPods: false }, environment);
    throw error;
  } finally {
    interrupted.dispose();
  }
}

function running(part: StartedPart, from: { started: Started[]; environment: Environment }): RunningProgram {
  const ended = Promise.withResolvers<void>();
  part.failed?.catch(ended.reject);
  let stopping: Promise<void> | undefined;
  return {
    url: part.url,
    kubeconfig: part.kubeconfig,
    nodeReady: part.nodeReady ?? false,
    stopped: ended.promise,
    stop(how) {
      stopping ??= stopAll(from.started, how, from.environment).then(() => ended.resolve());
      return stopping;
    },
  };
}

/** While the API server is away no connection keeps a client's process alive, and its timers never do. */
function holdProcess(): Started {
  const { port1 } = new MessageChannel();
  port1.ref();
  return { stop: async () => port1.close() };
}
