import { dirname } from "node:path";
import { mount } from "../../host/mounts.ts";
import type { SnapshotMount } from "./snapshots.ts";

const LOWER = "lowerdir=";

/** What mount(8) is told to show a snapshot at `target`, and where it runs. */
export interface MountCall {
  readonly args: readonly string[];
  /** Layers are named relative to it. */
  readonly directory?: string;
}

/**
 * The call for a snapshot's mount. The kernel takes one page of options, which the layers of an image fill when each is named
 * by its whole path; so they are named from the directory that they have in common. Pure.
 */
export function mountCall({ type, source, options }: SnapshotMount, target: string): MountCall {
  const args = (all: readonly string[]) => [...(all.length > 0 ? ["-o", all.join(",")] : []), source, target];
  // Of a bind mount mount(8) wants to know by its options alone.
  if (type === "bind") return { args: args(options) };
  const layers =
    options
      .find((option) => option.startsWith(LOWER))
      ?.slice(LOWER.length)
      .split(":") ?? [];
  if (type !== "overlay" || layers.length < 2) return { args: ["-t", type, ...args(options)] };
  const directory = commonDirectory(layers);
  const shorter = LOWER + layers.map((layer) => layer.slice(directory.length + 1)).join(":");
  const told = options.map((option) => (option.startsWith(LOWER) ? shorter : option));
  return { args: ["-t", type, ...args(told)], directory };
}

function commonDirectory(paths: readonly string[]): string {
  let common = dirname(paths[0]!);
  while (!paths.every((path) => path.startsWith(`${common}/`))) common = dirname(common);
  return common;
}

/** Shows a snapshot at a directory. Rejects with what mount(8) says. */
export async function mountSnapshot(mounts: readonly SnapshotMount[], target: string): Promise<void> {
  for (const each of mounts) {
    const { args, directory } = mountCall(each, target);
    await mount(args, directory === undefined ? {} : { directory });
  }
}
