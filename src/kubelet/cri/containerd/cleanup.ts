import { readdir, readFile, rm, rmdir } from "node:fs/promises";
import type { Logger } from "../../../base/log.ts";
import { unmountBelow } from "../../host/mounts.ts";
import type { RuntimeService } from "../runtime.ts";

/** Stops and removes every sandbox (with these labels), with its containers. What cannot be removed is logged. */
export async function removeAllSandboxes(
  runtime: RuntimeService,
  { labels, log }: { labels?: Readonly<Record<string, string>>; log: Logger },
): Promise<void> {
  const sandboxes = await runtime.listPodSandboxes(labels && { labels });
  await Promise.all(
    sandboxes.map(async ({ id, metadata }) => {
      try {
        await runtime.stopPodSandbox(id);
        await runtime.removePodSandbox(id);
      } catch (error) {
        log.warn("cannot remove a pod's sandbox", { pod: `${metadata.namespace}/${metadata.name}`, error });
      }
    }),
  );
}

/** Kills the shims that serve a containerd socket: after containerd is gone nobody else would. */
export async function killShims(socket: string): Promise<number> {
  let killed = 0;
  for (const entry of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(entry)) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "");
    const args = command.split("\0");
    const address = args[args.indexOf("-address") + 1];
    if (!args[0]?.endsWith("containerd-shim-runc-v2") || address !== socket) continue;
    try {
      process.kill(Number(entry), "SIGKILL");
      killed++;
    } catch {
      // It ended in the meantime.
    }
  }
  return killed;
}

/** Removes what a private containerd leaves in its run directory, after all its mounts. */
export async function removeRunDirectory(directory: string): Promise<void> {
  await unmountBelow(directory);
  await rm(directory, { recursive: true, force: true });
}

/** Directories that containerd and CNI make at fixed places; each goes when nobody else has something in it. */
const SHARED_DIRECTORIES = ["/run/containerd/s", "/run/containerd", "/var/lib/cni/results", "/var/lib/cni"];

export async function removeEmptyDirectories(more: readonly string[]): Promise<void> {
  for (const directory of [...SHARED_DIRECTORIES, ...more]) await rmdir(directory).catch(() => {});
}
