import { constants } from "node:fs";
import { type FileHandle, open, readdir, readlink, realpath } from "node:fs/promises";
import { join, posix } from "node:path";
import { failure, type StatusError } from "../../../api/status.ts";

/** What lies at a path below the directory of logs. */
export type LogEntry =
  | { readonly kind: "directory"; readonly names: readonly string[]; readonly modifiedMs: number }
  /** To be closed by who asked. */
  | { readonly kind: "file"; readonly file: FileHandle; readonly sizeBytes: number; readonly modifiedMs: number };

/**
 * Opens what lies at a path below a directory. Links are followed as long as they stay in it: whoever may write there, a pod with
 * the directory mounted, would read the node's other files by them otherwise.
 *
 * @param path with `/` between its parts; `..` cannot lead out
 * @returns rejects with StatusError: 404, or 403 for what is neither file nor directory, or elsewhere
 */
export async function openEntry(directory: string, path: string): Promise<LogEntry> {
  const inside = posix.normalize(`/${path}`).replace(/\/+$/, "");
  if (inside.includes("\0")) throw notFound();
  const root = await realpath(directory).catch(rethrow);
  // Nothing waits for a writer of a pipe, and a terminal does not become this process's own.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  const file = await open(join(root, inside), flags).catch(rethrow);
  let kept = false;
  try {
    // Where it really is, is asked of what is open: nobody can exchange it in between.
    const actual = await readlink(`/proc/${process.pid}/fd/${file.fd}`);
    if (actual !== root && !actual.startsWith(`${root}/`)) throw forbidden();
    const stat = await file.stat();
    if (stat.isDirectory()) {
      const entries = await readdir(actual, { withFileTypes: true });
      const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
      return { kind: "directory", names, modifiedMs: stat.mtimeMs };
    }
    if (!stat.isFile()) throw forbidden();
    kept = true;
    return { kind: "file", file, sizeBytes: stat.size, modifiedMs: stat.mtimeMs };
  } finally {
    if (!kept) await file.close();
  }
}

function rethrow(error: NodeJS.ErrnoException): never {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") throw notFound();
  if (error.code === "EACCES" || error.code === "ELOOP" || error.code === "ENXIO") throw forbidden();
  throw error;
}

const notFound = (): StatusError => failure(404, "NotFound", "404 page not found");
const forbidden = (): StatusError => failure(403, "Forbidden", "403 Forbidden");
