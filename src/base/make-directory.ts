import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a directory and its parents, for their owner alone, where they are not there. One level at a time: mkdir's own
 * recursion never ends where a file system refuses with "no such file" (as /proc does).
 * @throws Error of the file system
 */
export function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    const parent = dirname(path);
    if (code !== "ENOENT" || parent === path || statSync(parent, { throwIfNoEntry: false }) !== undefined) throw error;
    makeDirectory(parent);
    mkdirSync(path, { mode: 0o700 });
  }
}
