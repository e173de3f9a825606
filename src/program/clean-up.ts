import { rm } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../base/run-command.ts";
import { clusterId } from "../kubelet/cri/containerd/paths.ts";
import { cleanupPodNetwork } from "../network/cleanup.ts";
import { cleanupProxy } from "../proxy/proxy.ts";

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
export async function cleanUp(options: { dataDirectory: string; deleteData: boolean }): Promise<void> {
  if (process.platform === "linux" && process.getuid?.() === 0)
    await cleanUpNetwork(options.dataDirectory, clusterId(options.dataDirectory));
  if (options.deleteData) await rm(options.dataDirectory, { recursive: true, force: true });
}
