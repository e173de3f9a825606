import { dirname, join } from "node:path";
import { type FileOperations, inMemory, onDisk } from "./file-operations.ts";
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
  options: { gid?: number; inMemory?: boolean } = {},
): Promise<void> {
  const operations = options.inMemory === true ? inMemory : onDisk;
  await operations.mkdir(directory, { recursive: true });
  const current = await operations.readlink(join(directory, DATA)).catch(() => undefined);
  if (current !== undefined && (await holds(join(directory, current), payload, operations))) return;
  const fresh = await operations.mkdtemp(`${directory}/..`);
  await operations.chmod(fresh, options.gid === undefined ? 0o755 : 0o2755);
  if (options.gid !== undefined) await operations.chown(fresh, 0, options.gid);
  for (const [path, file] of payload) await writeOne(join(fresh, path), file, { ...options, root: fresh, operations });
  await operations.rm(join(directory, NEXT_DATA), { force: true });
  await operations.symlink(fresh.slice(fresh.lastIndexOf("/") + 1), join(directory, NEXT_DATA));
  await operations.rename(join(directory, NEXT_DATA), join(directory, DATA));
  await linkNames(directory, payload, operations);
  if (current !== undefined) await operations.rm(join(directory, current), { recursive: true, force: true });
}

async function writeOne(
  path: string,
  file: PayloadFile,
  options: { gid?: number; root: string; operations: FileOperations },
): Promise<void> {
  const { gid, operations } = options;
  const parent = dirname(path);
  if (parent !== options.root) {
    await operations.mkdir(parent, { recursive: true, mode: 0o755 });
    if (gid !== undefined) await operations.chown(parent, 0, gid);
  }
  // Its last mode at most from the first moment: what a Secret holds is never open to others.
  await operations.writeFile(path, file.content, { mode: file.mode });
  if (file.uid !== undefined || gid !== undefined) await operations.chown(path, file.uid ?? 0, gid ?? 0);
  // The group of the volume may read what its owner may: upstream adds 0440 for volumes with an fsGroup.
  await operations.chmod(path, gid === undefined ? file.mode : file.mode | 0o440);
}

async function linkNames(directory: string, payload: Payload, operations: FileOperations): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split("/")[0]!));
  const present = new Set(await operations.names(directory));
  for (const name of present) {
    if (name.startsWith("..") || wanted.has(name)) continue;
    await operations.rm(join(directory, name), { force: true });
  }
  for (const name of wanted) {
    if (!present.has(name)) await operations.symlink(join(DATA, name), join(directory, name));
  }
}

async function holds(directory: string, payload: Payload, operations: FileOperations): Promise<boolean> {
  const existing = await operations.entries(directory).catch(() => []);
  const files = existing.filter((entry) => !entry.isDirectory());
  if (files.length !== payload.size) return false;
  for (const [path, { content, mode }] of payload) {
    const full = join(directory, path);
    const found = await operations.readFile(full).catch(() => undefined);
    if (found === undefined || !found.equals(content)) return false;
    if (((await operations.lstat(full)).mode & mode) !== mode) return false;
  }
  return true;
}
