import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { formatTime, systemClock } from "../base/clock.ts";
import { CommandError } from "../cli/command.ts";
import { readRunState } from "../cli/run-state.ts";
import { dataDirectoryPaths } from "../store/embedded/data-directory.ts";
import { lockDataDirectory } from "../store/embedded/lock.ts";

/** Where the embedded engine keeps a cluster's objects. */
export function storeDirectory(dataDirectory: string): string {
  return join(dataDirectory, "store");
}

/** @throws CommandError (5) when a process works with this data directory */
export function requireStopped(dataDirectory: string): void {
  const state = readRunState(dataDirectory);
  if (state !== undefined) {
    throw new CommandError(
      `a cluster runs with ${dataDirectory} (process ${state.pid}): stop it first (wherry down), or choose another --data-dir`,
      5,
    );
  }
  const paths = dataDirectoryPaths(storeDirectory(dataDirectory));
  // A part that runs alone has no run.json, but the lock.
  if (existsSync(paths.lock)) lockDataDirectory(paths).release();
}

/** @throws CommandError when it is no directory */
export function isEmptyDirectory(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return true;
  if (!stat.isDirectory()) throw new CommandError(`${path} is a file: choose a directory with --data-dir`);
  return readdirSync(path).length === 0;
}

/** A name for what is moved out of the way. */
export function asideName(path: string): string {
  const time = formatTime(systemClock.now())
    .replace(/[-:]|Z$/g, "")
    .replace("T", "-");
  const name = `${path}.before-${time}`;
  return existsSync(name) ? `${name}-${process.pid}` : name;
}
