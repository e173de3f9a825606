import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

/** Makes the directory for its owner alone. The mode of one that is there is corrected, or kept (a home directory). */
export function makePrivateDirectory(directory: string, existing: "correct" | "keep"): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (existing === "correct") chmodSync(directory, 0o700);
}

/** The file's text, or undefined when there is none. */
export function readText(directory: string, file: string): string | undefined {
  try {
    return readFileSync(join(directory, file), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`cannot read ${join(directory, file)}: ${(error as Error).message}`);
  }
}

/**
 * Replaces the file in one step with mode 0600. `durable` waits for the disk: for what cannot be made again (authorities,
 * the token key); a leaf certificate lost in a power failure is simply issued anew.
 */
export function writePrivate(path: string, text: string, durable: boolean): void {
  writePrivateBytes(path, Buffer.from(text), durable);
}

/** The same for bytes. */
export function writePrivateBytes(path: string, bytes: Buffer, durable: boolean): void {
  const draft = `${path}.new`;
  // A draft that a crash left behind may have another mode: the file is never open to others, not for a moment.
  rmSync(draft, { force: true });
  const descriptor = openSync(draft, "wx", 0o600);
  try {
    writeSync(descriptor, bytes);
    if (durable) fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, path);
}

/** Makes renames in the directory durable. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
