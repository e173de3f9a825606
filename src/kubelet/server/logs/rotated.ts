import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Files that hold what was in the log before it was rotated, oldest first: `0.log.20261121-090000`. Compressed ones are
 * left out, as upstream reads none of them.
 */
export async function rotatedFiles(path: string): Promise<string[]> {
  const name = basename(path);
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .filter((each) => each.startsWith(`${name}.`) && /^\d{8}-\d{6}(?:\.\d+)?$/.test(each.slice(name.length + 1)))
    .sort()
    .map((each) => join(dirname(path), each));
}
