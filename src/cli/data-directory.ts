import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { errorMessage } from "../base/assert.ts";
import { CommandError } from "./command.ts";

/** Makes the data directory if it is not there, for its owner alone. @throws CommandError that says what to do */
export function makeDataDirectory(path: string): void {
  try {
    make(path);
    if (!statSync(path).isDirectory()) throw new Error("it is not a directory");
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = errorMessage(error);
    throw new CommandError(
      `cannot use the data directory ${path}: ${why}. Choose another with --data-dir, or make this one writable.`,
    );
  }
}

/** One level at a time: mkdir's own recursion never ends where a file system refuses with "no such file" (as /proc does). */
function make(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    const parent = dirname(path);
    if (code !== "ENOENT" || parent === path || statSync(parent, { throwIfNoEntry: false }) !== undefined) throw error;
    make(parent);
    mkdirSync(path, { mode: 0o700 });
  }
}
