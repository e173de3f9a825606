import { chmod, chown, lstat, mkdir, open, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { isMounted, mount, unmountBelow } from "../host/mounts.ts";
import { writeAtomically } from "./atomic-writer.ts";
import { inMemory, onDisk } from "./file-operations.ts";
import type { HostPathType, VolumeFiles } from "./files.ts";
import { bindSubPath } from "./sub-path.ts";

/** Files of this machine. */
export const hostFiles: VolumeFiles = {
  async makeDirectory(path, { mode, gid }) {
    await mkdir(path, { recursive: true });
    if (gid !== undefined) await chown(path, 0, gid);
    await chmod(path, gid === undefined ? mode : mode | 0o2070);
  },
  writePayload: (directory, payload, options) => writeAtomically(directory, payload, options),
  async writeFile(path, content, { mode, inMemory: isInMemory }) {
    const operations = isInMemory === true ? inMemory : onDisk;
    const write = () => operations.writeFile(path, Buffer.from(content), { mode });
    await write().catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      await operations.mkdir(dirname(path), { recursive: true });
      await write();
    });
    await operations.chmod(path, mode);
  },
  readTail,
  async mountMemory(path, { sizeBytes, mode, gid }) {
    await mkdir(path, { recursive: true });
    if (await isMounted(path)) return;
    const options = [
      `mode=${mode.toString(8)}`,
      ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`]),
      ...(gid === undefined ? [] : [`gid=${gid}`]),
    ];
    await mount(["-t", "tmpfs", "-o", options.join(","), "tmpfs", path]);
  },
  prepareHostPath,
  bindSubPath,
  async remove(directory) {
    await unmountBelow(directory);
    await rm(directory, { recursive: true, force: true });
  },
  list: (directory) => readdir(directory).catch(() => []),
};

async function readTail(path: string, maximumBytes: number): Promise<string | undefined> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const length = Math.min(size, maximumBytes);
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, size - length);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Upstream's hostPath checks, with its messages. */
async function prepareHostPath(path: string, type: HostPathType): Promise<void> {
  if (type === "") return;
  const found = await stat(path).catch(() => undefined);
  const require = (holds: boolean | undefined, what: string) => {
    if (holds !== true) throw new Error(`hostPath type check failed: ${path} is not a ${what}`);
  };
  switch (type) {
    case "DirectoryOrCreate":
      if (found === undefined) await mkdir(path, { recursive: true, mode: 0o755 });
      else require(found.isDirectory(), "directory");
      return;
    case "FileOrCreate":
      if (found === undefined) await writeFile(path, "", { mode: 0o644, flag: "a" });
      else require(found.isFile(), "file");
      return;
    case "Directory":
      return require(found?.isDirectory(), "directory");
    case "File":
      return require(found?.isFile(), "file");
    case "Socket":
      return require((await lstat(path).catch(() => undefined))?.isSocket() || found?.isSocket(), "socket file");
    case "CharDevice":
      return require(found?.isCharacterDevice(), "character device");
    case "BlockDevice":
      return require(found?.isBlockDevice(), "block device");
  }
}
