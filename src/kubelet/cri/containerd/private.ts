import { mkdir, writeFile } from "node:fs/promises";
import type { Clock } from "../../../base/clock.ts";
import { sleep } from "../../../base/clock.ts";
import type { Logger } from "../../../base/log.ts";
import { type CniNetwork, writeCniConfig } from "../cni.ts";
import type { RuntimeService } from "../runtime.ts";
import { RuntimeError } from "../runtime.ts";
import { containerdConfig, type PrivateContainerdPaths } from "./config.ts";
import type { Machine } from "./machine.ts";
import {
  accepts,
  isAlive,
  type ProcessIdentity,
  readPidFile,
  removeFile,
  startDetached,
  terminate,
} from "./process.ts";

export interface PrivateContainerdOptions {
  readonly paths: PrivateContainerdPaths;
  readonly machine: Machine;
  readonly sandboxImage: string;
  readonly network?: CniNetwork;
  readonly clock: Clock;
  readonly log: Logger;
}

const START_TIMEOUT_MS = 30_000;
const STOP_GRACE_MS = 10_000;
/** How long after its death containerd is started again: the longer, the more often it died in a row. */
const RESTART_DELAYS_MS = [100, 1000, 5000, 15_000];
const STABLE_AFTER_MS = 60_000;
const ADOPTED_CHECK_MS = 2000;

export interface PrivateContainerd {
  /** Ends containerd itself; containers live on. */
  stop(): Promise<void>;
}

/** Writes the configuration and starts containerd, or takes over the one that an earlier run left, and keeps it running. */
export async function startPrivateContainerd(options: PrivateContainerdOptions): Promise<PrivateContainerd> {
  const { paths, clock, log } = options;
  await prepareDirectories(options);
  const state = { stopping: new AbortController(), failures: 0, startedMs: clock.monotonic() };
  let identity: ProcessIdentity;
  let restarting: Promise<void> = Promise.resolve();

  const start = async (): Promise<void> => {
    state.startedMs = clock.monotonic();
    const args = ["--config", paths.config];
    identity = await startDetached(options.machine.programs.containerd!, args, {
      logFile: paths.log,
      pidFile: paths.pidFile,
      onExit: ended,
    });
  };
  const ended = (description: string): void => {
    if (state.stopping.signal.aborted) return;
    state.failures = clock.monotonic() - state.startedMs > STABLE_AFTER_MS ? 0 : state.failures + 1;
    const delayMs = RESTART_DELAYS_MS[Math.min(state.failures, RESTART_DELAYS_MS.length) - 1] ?? RESTART_DELAYS_MS[0]!;
    log.warn("containerd ended and is started again", { description, delayMs, see: paths.log });
    restarting = sleep(clock, delayMs, state.stopping.signal)
      .then(() => (state.stopping.signal.aborted ? undefined : start()))
      .catch((error) => log.error("containerd cannot be started again", { error }));
  };

  const earlier = await readPidFile(paths.pidFile);
  if (earlier !== undefined && (await accepts(paths.socket))) {
    identity = earlier;
    log.info("took over the containerd of an earlier run", { pid: earlier.pid });
    void watchAdopted(earlier, { clock, signal: state.stopping.signal, ended });
  } else {
    if (earlier !== undefined) await terminate(earlier, { clock, graceMs: STOP_GRACE_MS });
    await start();
  }
  return {
    async stop() {
      state.stopping.abort();
      await restarting;
      await terminate(identity, { clock, graceMs: STOP_GRACE_MS });
      await removeFile(paths.pidFile);
    },
  };
}

async function prepareDirectories({ paths, machine, sandboxImage, network }: PrivateContainerdOptions): Promise<void> {
  for (const directory of [paths.root, paths.state, paths.cniConfig, paths.registries]) {
    await mkdir(directory, { recursive: true, mode: 0o711 });
  }
  await writeFile(paths.config, containerdConfig({ paths, machine, sandboxImage }));
  if (network !== undefined) await writeCniConfig(paths.cniConfig, network);
}

/** Its parent is gone, so that nobody tells when it ends. */
async function watchAdopted(
  identity: ProcessIdentity,
  options: { clock: Clock; signal: AbortSignal; ended(description: string): void },
): Promise<void> {
  while (!options.signal.aborted) {
    await sleep(options.clock, ADOPTED_CHECK_MS, options.signal);
    if (options.signal.aborted) return;
    if (await isAlive(identity)) continue;
    options.ended("it was not our child");
    return;
  }
}

/** Resolves when CRI answers. */
export async function waitUntilServing(
  runtime: RuntimeService,
  options: { paths: Pick<PrivateContainerdPaths, "socket" | "log">; clock: Clock; signal?: AbortSignal },
): Promise<void> {
  const { paths, clock, signal } = options;
  const deadline = clock.monotonic() + START_TIMEOUT_MS;
  let last = "nobody listens on its socket";
  while (clock.monotonic() < deadline) {
    signal?.throwIfAborted();
    if (await accepts(paths.socket)) {
      try {
        await runtime.version();
        return;
      } catch (error) {
        last = (error as RuntimeError).message;
      }
    }
    await sleep(clock, 10, signal);
  }
  throw new RuntimeError("Unavailable", `containerd does not serve on ${paths.socket}: ${last}; see ${paths.log}`);
}
