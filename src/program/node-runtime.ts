import { errorMessage } from "../base/assert.ts";
import { CommandError } from "../cli/command.ts";
import type { Runtime } from "../cli/program.ts";
import type { ContainerRuntime } from "../kubelet/cri/runtime.ts";
import type { Simulation } from "../kubelet/cri/simulated/simulation.ts";
import type { KubeletHost } from "../kubelet/host/host.ts";
import type { Prober } from "../kubelet/probes/prober.ts";
import type { Environment } from "./environment.ts";

/** Who runs containers on this node, and the machine that they run on. */
export interface NodeRuntime {
  readonly kind: "containerd" | "simulated";
  /** For the progress line. */
  readonly description: string;
  /** What this machine lacks and runs without. */
  readonly warnings: readonly string[];
  readonly runtime: ContainerRuntime;
  readonly host: KubeletHost;
  /** How containers are probed, where not over the network. */
  readonly prober?: Prober;
  readonly ownLabels: Readonly<Record<string, string>>;
  setPodCidrs(podCidrs: readonly string[]): Promise<void>;
  stop(options: { keepPods: boolean }): Promise<void>;
}

export const SIMULATED_NOTICE =
  "No real container runs: the runtime is simulated. For real ones run as root on Linux with containerd and runc installed.";

/** `auto` is containerd where it can be: on Linux, as root. */
export function chosenRuntime(asked: Runtime): "containerd" | "simulated" {
  if (asked !== "auto") return asked;
  return process.platform === "linux" && process.getuid?.() === 0 ? "containerd" : "simulated";
}

export interface RuntimeOptions {
  readonly dataDirectory: string;
  /** Addresses of this node's pods, where they are known before the node is. */
  readonly podCidr?: string;
  /** How a simulated one behaves. */
  readonly simulation?: Simulation;
  readonly environment: Environment;
}

/** @throws CommandError (4) when containers cannot run here, naming all that is missing */
export async function openRuntime(kind: "containerd" | "simulated", options: RuntimeOptions): Promise<NodeRuntime> {
  return kind === "containerd" ? containerdRuntime(options) : simulatedRuntime(options);
}

async function containerdRuntime(options: RuntimeOptions): Promise<NodeRuntime> {
  const { ensureContainerd } = await import("../kubelet/cri/containerd/ensure.ts");
  const { createLinuxHost } = await import("../kubelet/host/linux-host.ts");
  const { dataDirectory, environment } = options;
  const log = environment.log.named("containerd");
  try {
    const engine = await ensureContainerd({
      dataDirectory,
      clock: environment.clock,
      log,
      ...(options.podCidr === undefined ? {} : { podCidrs: [options.podCidr] }),
    });
    return {
      kind: "containerd",
      description: engine.private ? "containerd, our own" : "containerd of this machine",
      warnings: engine.machine.problems.map(({ message }) => message),
      runtime: engine.runtime,
      host: createLinuxHost({ dataDirectory: `${dataDirectory}/kubelet`, cgroupRoot: engine.cgroupRoot, log }),
      ownLabels: engine.labels,
      setPodCidrs: (podCidrs) => engine.setPodCidrs(podCidrs),
      stop: (how) => engine.stop(how),
    };
  } catch (error) {
    throw new CommandError(`${errorMessage(error)}. Without containers: --runtime simulated, or --no-node.`, 4);
  }
}

async function simulatedRuntime(options: RuntimeOptions): Promise<NodeRuntime> {
  const { createSimulatedRuntime } = await import("../kubelet/cri/simulated/simulated-runtime.ts");
  const { createSimulatedHost } = await import("../kubelet/host/simulated-host.ts");
  const { createSimulatedProber } = await import("../kubelet/cri/simulated/simulated-prober.ts");
  const { rulesOf } = await import("../kubelet/cri/simulated/simulation.ts");
  const { simulation = {}, environment } = options;
  const { clock, random } = environment;
  const runtime = createSimulatedRuntime({
    clock,
    random,
    rules: rulesOf(simulation),
    ...(options.podCidr === undefined ? {} : { podCidr: options.podCidr }),
  });
  return {
    kind: "simulated",
    description: "simulated",
    warnings: [],
    runtime,
    prober: createSimulatedProber({ runtime: runtime.runtime, clock, simulation }),
    host: createSimulatedHost(),
    ownLabels: {},
    setPodCidrs: async () => {},
    stop: async () => {},
  };
}
