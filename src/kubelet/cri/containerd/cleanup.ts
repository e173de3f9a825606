import { readdir, readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage } from "../../../base/assert.ts";
import type { Logger } from "../../../base/log.ts";
import type { RuntimeService } from "../runtime.ts";
import { runCommand } from "./command.ts";

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

/** Unmounts everything below a directory, the innermost first. */
export async function unmountBelow(directory: string): Promise<void> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  const below = mounts
    .split("\n")
    .map((line) => decodeOctal(line.split(" ")[4] ?? ""))
    .filter((path) => path === directory || path.startsWith(`${directory}/`))
    .sort((one, other) => other.length - one.length);
  for (const path of below) await runCommand("umount", ["-l", path]).catch(() => {});
}

/** mountinfo writes blanks and backslashes in octal. */
function decodeOctal(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Removes a cgroup and all below it, in every hierarchy. The groups must hold no process. */
export async function removeCgroups(name: string, log?: Logger): Promise<void> {
  const root = "/sys/fs/cgroup";
  const unified = await readdir(root).catch(() => [] as string[]);
  const hierarchies = unified.includes("cgroup.controllers") ? [root] : unified.map((entry) => join(root, entry));
  for (const hierarchy of hierarchies) await removeCgroupTree(join(hierarchy, name), log);
}

/** Bottom up by rmdir alone: the files in a cgroup are not removed, they go with it. */
async function removeCgroupTree(path: string, log?: Logger): Promise<void> {
  const children = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (children === undefined) return;
  for (const child of children) if (child.isDirectory()) await removeCgroupTree(join(path, child.name), log);
  await rmdir(path).catch((error) => log?.debug("cannot remove a cgroup", { path, error: errorMessage(error) }));
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
