import { statSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../base/clock.ts";
import { createLogger } from "../base/log.ts";
import { runCommand } from "../base/run-command.ts";
import type { Program } from "../cli/program.ts";
import { keepAlive } from "../cli/wait.ts";
import { clusterId } from "../kubelet/cri/containerd/paths.ts";
import { cleanupPodNetwork } from "../network/cleanup.ts";
import { cleanupProxy } from "../proxy/proxy.ts";
import { deleteData } from "./delete-data.ts";

/** Service rules, bridge, cables and addresses of one cluster. Idempotent; touches nothing of others. */
export async function cleanUpNetwork(dataDirectory: string, id: string): Promise<void> {
  await cleanupProxy({ clusterId: id, run: runCommand });
  await cleanupPodNetwork({
    clusterId: id,
    run: runCommand,
    addressDirectory: join(dataDirectory, "containerd", "addresses"),
  });
}

/** Removes what a cluster that no longer runs left on this machine; with deleteData its objects, keys and images too. */
export const cleanUp: Program["cleanUp"] = async (options) => {
  const { dataDirectory } = options;
  const isDirectory = statSync(dataDirectory, { throwIfNoEntry: false })?.isDirectory() === true;
  if (process.platform === "linux" && process.getuid?.() === 0 && isDirectory) {
    await cleanUpContainers(dataDirectory);
    await cleanUpNetwork(dataDirectory, clusterId(dataDirectory));
  }
  return { kept: options.deleteData ? await deleteData(dataDirectory) : [] };
};

async function cleanUpContainers(dataDirectory: string): Promise<void> {
  const { cleanUpAfterProgram } = await import("../kubelet/cri/containerd/clean-up-after.ts");
  const log = createLogger({ clock: systemClock, level: "warn", write: (line) => process.stderr.write(line) });
  // Nobody else keeps the process alive meanwhile.
  await keepAlive(cleanUpAfterProgram({ dataDirectory, clock: systemClock, log }));
}
