import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage } from "../../base/assert.ts";
import type { Logger } from "../../base/log.ts";

const CGROUP_ROOT = "/sys/fs/cgroup";

/** Directories that hold a cgroup of each hierarchy: one with cgroup v2, one a controller with v1. */
export async function cgroupHierarchies(): Promise<{ unified: boolean; roots: string[] }> {
  const entries = await readdir(CGROUP_ROOT).catch(() => [] as string[]);
  if (entries.includes("cgroup.controllers")) return { unified: true, roots: [CGROUP_ROOT] };
  return { unified: false, roots: entries.map((entry) => join(CGROUP_ROOT, entry)) };
}

/** Removes a cgroup and all below it, in every hierarchy. A group that still holds a process stays. */
export async function removeCgroups(name: string, log?: Logger): Promise<void> {
  const { roots } = await cgroupHierarchies();
  await Promise.all(roots.map((root) => removeTree(join(root, name), log)));
}

/** Bottom up by rmdir alone: the files in a cgroup are not removed, they go with it. */
async function removeTree(path: string, log?: Logger): Promise<void> {
  const children = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (children === undefined) return;
  for (const child of children) if (child.isDirectory()) await removeTree(join(path, child.name), log);
  await rmdir(path).catch((error) => log?.debug("cannot remove a cgroup", { path, error: errorMessage(error) }));
}
