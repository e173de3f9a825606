import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Payload, PayloadFile } from "./files.ts";

const DATA = "..data";
const NEXT_DATA = "..data_tmp";

/**
 * Replaces the content of a directory in one step, as upstream's atomic writer lays it out: files lie in a directory of
 * their own (`..<stamp>`), `..data` is a symbolic link to it, and what users see are links through `..data`. Renaming a new
 * `..data` over the old one switches all files at once.
 */
export async function writeAtomically(
  directory: string,
  payload: Payload,
  options: { gid?: number } = {},
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const current = await readlink(join(directory, DATA)).catch(() => undefined);
  if (current !== undefined && (await holds(join(directory, current), payload))) return;
  const fresh = await mkdtemp(`${directory}/..`);
  await chmod(fresh, options.gid === undefined ? 0o755 : 0o2755);
  if (options.gid !== undefined) await chown(fresh, 0, options.gid);
  for (const [path, file] of payload) await writeOne(join(fresh, path), file, { ...options, root: fresh });
  await rm(join(directory, NEXT_DATA), { force: true });
  await symlink(fresh.slice(fresh.lastIndexOf("/") + 1), join(directory, NEXT_DATA));
  await rename(join(directory, NEXT_DATA), join(directory, DATA));
  await linkNames(directory, payload);
  if (current !== undefined) await rm(join(directory, current), { recursive: true, force: true });
}

async function writeOne(path: string, file: PayloadFile, options: { gid?: number; root: string }): Promise<void> {
  const parent = dirname(path);
  if (parent !== options.root) {
    await mkdir(parent, { recursive: true, mode: 0o755 });
    if (options.gid !== undefined) await chown(parent, 0, options.gid);
  }
  // Its last mode at most from the first moment: what a Secret holds is never open to others.
  await writeFile(path, file.content, { mode: file.mode });
  if (file.uid !== undefined || options.gid !== undefined) await chown(path, file.uid ?? 0, options.gid ?? 0);
  // The group of the volume may read what its owner may: upstream adds 0440 for volumes with an fsGroup.
  await chmod(path, options.gid === undefined ? file.mode : file.mode | 0o440);
}

async function linkNames(directory: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split("/")[0]!));
  for (const name of await readdir(directory)) {
    if (name.startsWith("..") || wanted.has(name)) continue;
    await rm(join(directory, name), { force: true });
  }
  for (const name of wanted) {
    const link = join(directory, name);
    if ((await lstat(link).catch(() => undefined)) === undefined) await symlink(join(DATA, name), link);
  }
}

async function holds(directory: string, payload: Payload): Promise<boolean> {
  const existing = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = existing.filter((entry) => !entry.isDirectory());
  if (files.length !== payload.size) return false;
  for (const [path, { content, mode }] of payload) {
    const full = join(directory, path);
    const found = await readFile(full).catch(() => undefined);
    if (found === undefined || !found.equals(content)) return false;
    if (((await lstat(full)).mode & mode) !== mode) return false;
  }
  return true;
}
