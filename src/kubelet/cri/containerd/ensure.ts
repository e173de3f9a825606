import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../../base/clock.ts";
import type { Logger } from "../../../base/log.ts";
import { runCommand } from "../../../base/run-command.ts";
import { removeCgroups } from "../../host/cgroups.ts";
import { unmountBelow } from "../../host/mounts.ts";
import { type CniNetwork, removeCniConfig, writeCniConfig } from "../cni.ts";
import { type Architecture, imageArchitecture, PAUSE_IMAGE, pauseImage } from "../pause/program.ts";
import { type ContainerRuntime, RuntimeError } from "../runtime.ts";
import { killShims, removeAllSandboxes, removeEmptyDirectories, removeRunDirectory } from "./cleanup.ts";

import { connectContainerd } from "./connect.ts";
import { importImage } from "./import.ts";
import { inspectMachine, type Machine } from "./machine.ts";
import { clusterId, privateContainerdPaths } from "./paths.ts";
import { startPrivateContainerd, waitUntilServing } from "./private.ts";
import { findSystemContainerd } from "./system.ts";

/** Label on every sandbox and container, with the cluster's id: several clusters may share one containerd. */
export const CLUSTER_LABEL = "wherry.local/cluster";

export interface EnsureContainerdOptions {
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Addresses of pods on this node. Without them pods in the host's network alone can run until setPodCidrs. */
  readonly podCidrs?: readonly string[];
  /** Take the machine's own containerd where it fits. Default true. */
  readonly useSystem?: boolean;
  /** Where the machine's own listens; its usual place when absent. */
  readonly systemSocket?: string;
  readonly runRoot?: string;
  readonly signal?: AbortSignal;
}

export interface ContainerdHandle {
  readonly socket: string;
  /** True when it is ours alone and ends with us. */
  readonly private: boolean;
  /** Connected; closed by stop. */
  readonly runtime: ContainerRuntime;
  readonly machine: Machine;
  /** Labels that the kubelet puts on all it makes. */
  readonly labels: Readonly<Record<string, string>>;
  /** Below this cgroup the kubelet makes those of pods. */
  readonly cgroupRoot: string;
  /** Device that pods hang on. */
  readonly bridge: string;
  setPodCidrs(podCidrs: readonly string[]): Promise<void>;
  /** Loads an OCI layout archive. */
  importImage(archive: Buffer, reference: string): Promise<void>;
  /** Ends it without leftovers; with keepPods everything in pods runs on and is found again by the next start. */
  stop(options?: { keepPods?: boolean }): Promise<void>;
}

/**
 * A containerd for this cluster: the machine's own if it is free, else a private one below the data directory.
 * Rejects with RuntimeError (Unavailable) that names all the machine lacks.
 */
export async function ensureContainerd(options: EnsureContainerdOptions): Promise<ContainerdHandle> {
  const { dataDirectory, clock, log } = options;
  const scratch = join(dataDirectory, "containerd");
  await mkdir(scratch, { recursive: true, mode: 0o711 });
  const machine = await inspectMachine(scratch);
  for (const { fatal, message } of machine.problems) if (!fatal) log.warn(message);
  const missing = machine.problems.filter(({ fatal }) => fatal).map(({ message }) => message);
  if (missing.length > 0) throw new RuntimeError("Unavailable", `containers cannot run here: ${missing.join("; ")}`);

  const id = clusterId(dataDirectory);
  const labels = { [CLUSTER_LABEL]: id };
  const network = (podCidrs: readonly string[]): CniNetwork => ({
    name: `wherry-${id}`,
    bridge: bridgeName(id),
    podCidrs,
    addressDirectory: join(dataDirectory, "containerd", "addresses"),
  });
  const engine = await chooseEngine({ ...options, machine, ownLabels: labels, network });
  const importInto = (archive: Buffer, reference: string) =>
    importImage(archive, reference, {
      ctr: machine.programs.ctr!,
      socket: engine.socket,
      scratchDirectory: scratch,
      images: engine.runtime.images,
      clock,
    });
  try {
    await ensurePauseImage(engine, importInto);
  } catch (error) {
    await engine.stop(false);
    throw error;
  }
  return {
    socket: engine.socket,
    private: engine.private,
    runtime: engine.runtime,
    machine,
    labels,
    cgroupRoot: `/wherry-${id}`,
    bridge: bridgeName(id),
    setPodCidrs: async (podCidrs) => void (await writeCniConfig(engine.cniConfigDirectory, network(podCidrs))),
    importImage: importInto,
    async stop({ keepPods = false } = {}) {
      await engine.stop(keepPods);
      if (keepPods) return;
      await removeCgroups(`wherry-${id}`, log);
      await runCommand("ip", ["link", "delete", bridgeName(id)]);
    },
  };
}

/** Devices' names have at most 15 characters. */
function bridgeName(id: string): string {
  return `wherry-${id}`;
}

interface Engine {
  readonly socket: string;
  readonly private: boolean;
  readonly runtime: ContainerRuntime;
  readonly sandboxImage: string;
  readonly cniConfigDirectory: string;
  stop(keepPods: boolean): Promise<void>;
}

type ChooseOptions = EnsureContainerdOptions & {
  machine: Machine;
  ownLabels: Readonly<Record<string, string>>;
  network(podCidrs: readonly string[]): CniNetwork;
};

async function chooseEngine(options: ChooseOptions): Promise<Engine> {
  if (options.useSystem ?? true) {
    const { ownLabels, machine, systemSocket: socket } = options;
    const answer = await findSystemContainerd({
      socket,
      mayLowerOomScore: machine.mayLowerOomScore,
      ownLabels,
      networkName: options.network([]).name,
    });
    if ("usable" in answer) return systemEngine(answer.usable, options);
    options.log.info("starting a containerd of our own", { because: answer.reason });
  }
  return privateEngine(options);
}

async function systemEngine(
  found: { socket: string; cniConfigDirectory: string; sandboxImage: string },
  { dataDirectory, log, podCidrs, network, ownLabels }: ChooseOptions,
): Promise<Engine> {
  const runtime = await connectContainerd(found.socket, dataDirectory);
  if (podCidrs !== undefined) await writeCniConfig(found.cniConfigDirectory, network(podCidrs));
  log.info("using the machine's containerd", { socket: found.socket });
  return {
    ...found,
    private: false,
    runtime,
    async stop(keepPods) {
      try {
        if (keepPods) return;
        await removeAllSandboxes(runtime.runtime, { labels: ownLabels, log });
        await removeCniConfig(found.cniConfigDirectory);
      } finally {
        await runtime.close();
      }
    },
  };
}

async function privateEngine(options: ChooseOptions): Promise<Engine> {
  const { dataDirectory, machine, clock, log, podCidrs, network, signal } = options;
  const paths = privateContainerdPaths(dataDirectory, options.runRoot);
  const [process, runtime] = await Promise.all([
    startPrivateContainerd({
      paths,
      machine,
      sandboxImage: PAUSE_IMAGE,
      clock,
      log,
      ...(podCidrs !== undefined && { network: network(podCidrs) }),
    }),
    connectContainerd(paths.socket, dataDirectory),
  ]);
  const stop = async (keepPods: boolean): Promise<void> => {
    if (!keepPods) {
      await removeAllSandboxes(runtime.runtime, { log }).catch((error) =>
        log.warn("containerd does not answer while its pods should be removed", { error }),
      );
    }
    await runtime.close();
    await process.stop();
    if (keepPods) return;
    await killShims(paths.socket);
    await removeRunDirectory(paths.run);
    await unmountBelow(paths.root);
    await removeEmptyDirectories([dirname(paths.run)]);
  };
  try {
    await waitUntilServing(runtime.runtime, { paths, clock, signal });
  } catch (error) {
    await runtime.close();
    await process.stop();
    throw error;
  }
  return {
    socket: paths.socket,
    private: true,
    runtime,
    sandboxImage: PAUSE_IMAGE,
    cniConfigDirectory: paths.cniConfig,
    stop,
  };
}

async function ensurePauseImage(
  engine: Engine,
  importInto: (archive: Buffer, reference: string) => Promise<void>,
): Promise<void> {
  if ((await engine.runtime.images.imageStatus(engine.sandboxImage)) !== undefined) return;
  const architecture: Architecture | undefined = imageArchitecture(globalThis.process.arch);
  if (architecture === undefined) {
    throw new RuntimeError("Unavailable", `no pause program is written for ${globalThis.process.arch} processors`);
  }
  await importInto(pauseImage(architecture, engine.sandboxImage), engine.sandboxImage);
}
