import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { errorMessage } from "../../base/assert.ts";
import { type DataDirectory, DataDirectoryError } from "./data-directory.ts";

const SQLITE_BUSY = 5;

export interface DataDirectoryLock {
  release(): void;
}

/**
 * Takes the directory for this process. The lock is the operating system's (through SQLite, on a file that stays empty),
 * so it dies with its process and never goes stale. Nobody may open that file otherwise: closing it would drop the lock.
 * @throws DataDirectoryError when another process, or this one, has it
 */
export function lockDataDirectory(paths: DataDirectory): DataDirectoryLock {
  let connection: DatabaseSync | undefined;
  try {
    closeSync(openSync(paths.holder, "a", 0o600));
    // Only where there is none: to open and close a lock that is held would drop it.
    if (!existsSync(paths.lock)) closeSync(openSync(paths.lock, "a", 0o600));
    connection = new DatabaseSync(paths.lock, { timeout: 0 });
    connection.exec("BEGIN IMMEDIATE");
    writeFileSync(paths.holder, `${process.pid}\n`);
  } catch (error) {
    connection?.close();
    if (!isBusy(error)) {
      throw new DataDirectoryError(`cannot lock the data directory ${paths.directory}: ${errorMessage(error)}`, {
        cause: error,
      });
    }
    throw new DataDirectoryError(
      `the data directory ${paths.directory} is in use by ${holderOf(paths)}; stop that process or choose another directory`,
    );
  }
  const held = connection;
  return { release: () => held.close() };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
}

function holderOf({ holder }: DataDirectory): string {
  try {
    const pid = Number(readFileSync(holder, "utf8"));
    if (pid === process.pid) return `this process (${pid})`;
    if (Number.isInteger(pid) && pid > 0) return `process ${pid}`;
  } catch {
    // Who it is does not matter for the refusal.
  }
  return "another process";
}
