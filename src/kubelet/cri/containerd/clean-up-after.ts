import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorMessage } from "../../../base/assert.ts";
import { type Clock, sleep } from "../../../base/clock.ts";
import type { Logger } from "../../../base/log.ts";
import { cgroupHierarchies, removeCgroups } from "../../host/cgroups.ts";
import { unmountBelow } from "../../host/mounts.ts";
import { removeCniConfig } from "../cni.ts";
import { killShims, removeAllSandboxes, removeEmptyDirectories, removeRunDirectory } from "./cleanup.ts";
import { connectContainerd } from "./connect.ts";
import { CLUSTER_LABEL } from "./ensure.ts";
import { clusterId, privateContainerdPaths } from "./paths.ts";
import { accepts, readPidFile, terminate } from "./process.ts";
import { findSystemContainerd } from "./system.ts";

/** Pods get their grace period in an orderly stop; here it is shorter. */
const RUNTIME_TIMEOUT_MS = 20_000;
const STOP_GRACE_MS = 10_000;
const KILL_ROUNDS = 50;
const KILL_PAUSE_MS = 20;

export interface CleanUpAfterOptions {
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly runRoot?: string;
  readonly systemSocket?: string;
}

/**
 * Ends the containers of a cluster whose program is gone without having done so (killed, or told to keep its pods), then its
 * private containerd, and removes its mounts, cgroups and run directory. Idempotent; touches nothing of other clusters.
 */
export async function cleanUpAfterProgram(options: CleanUpAfterOptions): Promise<void> {
  const { dataDirectory, clock, log } = options;
  const id = clusterId(dataDirectory);
  const paths = privateContainerdPaths(dataDirectory, options.runRoot);
  const labels = { [CLUSTER_LABEL]: id };
  await removePods(paths.socket, labels, options);
  await leaveSystemContainerd(labels, options);
  const containerd = await readPidFile(paths.pidFile);
  if (containerd !== undefined) await terminate(containerd, { clock, graceMs: STOP_GRACE_MS });
  await killShims(paths.socket);
  await killCgroup(`wherry-${id}`, clock);
  await removeRunDirectory(paths.run);
  await unmountBelow(dataDirectory);
  await removeCgroups(`wherry-${id}`, log);
  await removeEmptyDirectories([dirname(paths.run)]);
}

/** The machine's own containerd, where it served this cluster. */
async function leaveSystemContainerd(
  ownLabels: Readonly<Record<string, string>>,
  options: CleanUpAfterOptions,
): Promise<void> {
  const { dataDirectory, systemSocket: socket } = options;
  const networkName = `wherry-${clusterId(dataDirectory)}`;
  const found = await findSystemContainerd({ socket, mayLowerOomScore: true, ownLabels, networkName });
  if (!("usable" in found)) return;
  await removePods(found.usable.socket, ownLabels, options);
  await removeCniConfig(found.usable.cniConfigDirectory);
}

/** By the runtime as long as it answers in time: it also ends the pods' networks. What it leaves is killed after it. */
async function removePods(
  socket: string,
  labels: Readonly<Record<string, string>>,
  { dataDirectory, clock, log }: CleanUpAfterOptions,
): Promise<void> {
  if (!(await accepts(socket))) return;
  const runtime = await connectContainerd(socket, dataDirectory);
  const done = new AbortController();
  try {
    const removed = removeAllSandboxes(runtime.runtime, { labels, log }).finally(() => done.abort());
    removed.catch(() => {});
    await Promise.race([removed, sleep(clock, RUNTIME_TIMEOUT_MS, done.signal)]);
  } catch (error) {
    log.warn("containerd does not answer while pods should be removed", { socket, error: errorMessage(error) });
  } finally {
    await runtime.close();
  }
}

/** Kills what still runs below a cgroup: containers outlive their shims. Bounded, as a process may hang in the kernel. */
async function killCgroup(name: string, clock: Clock): Promise<void> {
  const { roots } = await cgroupHierarchies();
  for (let round = 0; round < KILL_ROUNDS; round++) {
    const lists = await Promise.all(roots.map((root) => processesBelow(join(root, name))));
    const pids = new Set(lists.flat());
    if (pids.size === 0) return;
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended in the meantime.
      }
    }
    await sleep(clock, KILL_PAUSE_MS);
  }
}

async function processesBelow(cgroup: string): Promise<number[]> {
  const children = await readdir(cgroup, { withFileTypes: true }).catch(() => []);
  const text = await readFile(join(cgroup, "cgroup.procs"), "utf8").catch(() => "");
  const below = await Promise.all(
    children.filter((child) => child.isDirectory()).map((child) => processesBelow(join(cgroup, child.name))),
  );
  return [
    ...text
      .split("\n")
      .filter((line) => line !== "")
      .map(Number),
    ...below.flat(),
  ];
}
