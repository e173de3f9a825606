import { constants } from "node:fs";
import { mkdir, open, readlink, realpath, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { mount, unmountBelow } from "../host/mounts.ts";

/**
 * Mounts `subPath` of a volume at `target` and answers `target`. The path is opened first and mounted through the open
 * file, so that nobody can turn it into a link out of the volume in between. What is missing is made as a directory.
 */
export async function bindSubPath(volumePath: string, subPath: string, target: string): Promise<string> {
  const base = await realpath(volumePath);
  const wanted = join(base, subPath);
  if (wanted !== base && !wanted.startsWith(`${base}/`))
    throw new Error(`subPath "${subPath}" leads out of the volume`);
  await makeMissing(base, wanted);
  const file = await open(wanted, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const opened = `/proc/${process.pid}/fd/${file.fd}`;
    const actual = await readlink(opened);
    if (actual !== base && !actual.startsWith(`${base}/`)) {
      throw new Error(`subPath "${subPath}" leads out of the volume, to ${actual}`);
    }
    await unmountBelow(target);
    await mkdir(dirname(target), { recursive: true });
    if ((await file.stat()).isDirectory()) await mkdir(target, { recursive: true });
    else await writeFile(target, "", { flag: "a" });
    await mount(["--bind", opened, target]);
    return target;
  } finally {
    await file.close();
  }
}

/** Makes directories that are missing, one by one, below parents that really lie in the volume. */
async function makeMissing(base: string, wanted: string): Promise<void> {
  if ((await stat(wanted).catch(() => undefined)) !== undefined) return;
  let current = base;
  for (const part of wanted.slice(base.length + 1).split("/")) {
    current = join(current, part);
    const resolved = await realpath(current).catch(() => undefined);
    if (resolved === undefined) await mkdir(current, { mode: 0o777 });
    else if (resolved !== base && !resolved.startsWith(`${base}/`))
      throw new Error(`${current} leads out of the volume`);
  }
}
