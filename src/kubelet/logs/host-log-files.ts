import { createReadStream, createWriteStream } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { LogFiles } from "./log-files.ts";

const COMPRESSED = ".gz";

/** Log files on the disk. */
export const hostLogFiles: LogFiles = {
  sizeBytes: (path) =>
    stat(path).then(
      ({ size }) => size,
      () => undefined,
    ),
  async rotate(path, { stamp, keep, reopen }) {
    const aside = `${path}.${stamp}`;
    await rename(path, aside);
    try {
      await reopen();
    } catch (error) {
      // The runtime goes on writing into the file that it has open: it must stay the one that readers open.
      await rename(aside, path);
      throw error;
    }
    const older = (await putAside(path)).filter((file) => file !== aside);
    const kept = older.slice(Math.max(0, older.length - (keep - 2)));
    for (const file of older) if (!kept.includes(file)) await rm(file, { force: true });
    for (const file of kept) if (!file.endsWith(COMPRESSED)) await compress(file);
  },
};

/** What earlier rotations left of a log, the oldest first. */
async function putAside(path: string): Promise<string[]> {
  const prefix = `${basename(path)}.`;
  const names = await readdir(dirname(path)).catch((): string[] => []);
  return names
    .filter((name) => name.startsWith(prefix) && /^\d{8}-\d{6}/.test(name.slice(prefix.length)))
    .sort()
    .map((name) => join(dirname(path), name));
}

async function compress(file: string): Promise<void> {
  const unfinished = `${file}.tmp`;
  await pipeline(createReadStream(file), createGzip(), createWriteStream(unfinished));
  await rename(unfinished, file + COMPRESSED);
  await rm(file, { force: true });
}
