import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import type { Clock } from "../../base/clock.ts";

export interface RotationOptions {
  /** `-` is standard output, which is never rotated. */
  readonly path: string;
  /** Older files go away; 0 keeps them whatever their age. */
  readonly maxAgeDays: number;
  /** So many older files stay; 0 keeps all. */
  readonly maxBackups: number;
  /** A file that would grow beyond this is put aside. 0 stands for 100, as upstream. */
  readonly maxSizeMegabytes: number;
  readonly clock: Clock;
}

/** A file that is appended to, and put aside under the time's name when it is full. */
export interface RotatedFile {
  append(bytes: Buffer): Promise<void>;
  close(): Promise<void>;
}

const MEGABYTE = 1024 * 1024;
const DAY_MS = 86_400_000;

/** Opens (or makes) the file, for its owner's eyes only. @throws Error of node:fs */
export async function openRotatedFile(options: RotationOptions): Promise<RotatedFile> {
  if (options.path === "-") return { append: writeOut, close: async () => {} };
  await mkdir(dirname(options.path), { recursive: true, mode: 0o700 });
  const maxBytes = (options.maxSizeMegabytes || 100) * MEGABYTE;
  let handle = await open(options.path, "a", 0o600);
  let { size } = await handle.stat();
  await removeOld(options);
  return {
    async append(bytes) {
      if (size > 0 && size + bytes.length > maxBytes) {
        await handle.close();
        await rename(options.path, backupPath(options));
        handle = await open(options.path, "a", 0o600);
        size = 0;
        await removeOld(options);
      }
      await handle.appendFile(bytes);
      size += bytes.length;
    },
    close: () => closeHandle(handle),
  };
}

async function closeHandle(handle: FileHandle): Promise<void> {
  await handle.close();
}

function writeOut(bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) =>
    process.stdout.write(bytes, (error) => (error === undefined || error === null ? resolve() : reject(error))),
  );
}

/** `audit.log` is put aside as `audit-2026-01-31T10-20-30.400.log`. */
function backupPath({ path, clock }: RotationOptions): string {
  const extension = extname(path);
  const time = new Date(clock.now()).toISOString().slice(0, 23).replaceAll(":", "-");
  return join(dirname(path), `${basename(path, extension)}-${time}${extension}`);
}

async function removeOld({ path, maxAgeDays, maxBackups, clock }: RotationOptions): Promise<void> {
  const extension = extname(path);
  const start = `${basename(path, extension)}-`;
  const backups = (await readdir(dirname(path)))
    .map((name) => ({ name, timeMs: timeOf(name, start, extension) }))
    .filter(({ timeMs }) => !Number.isNaN(timeMs))
    .toSorted((a, b) => b.timeMs - a.timeMs);
  const oldestMs = maxAgeDays > 0 ? clock.now() - maxAgeDays * DAY_MS : Number.NEGATIVE_INFINITY;
  for (const [index, { name, timeMs }] of backups.entries()) {
    if ((maxBackups > 0 && index >= maxBackups) || timeMs < oldestMs)
      await rm(join(dirname(path), name), { force: true });
  }
}

function timeOf(name: string, start: string, extension: string): number {
  if (!name.startsWith(start) || !name.endsWith(extension)) return Number.NaN;
  const time = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(
    name.slice(start.length, name.length - extension.length),
  );
  return time === null ? Number.NaN : Date.parse(`${time[1]}T${time[2]}:${time[3]}:${time[4]}Z`);
}
