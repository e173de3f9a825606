import { accessSync, constants, statSync } from "node:fs";
import { whyNotWritten } from "../base/disk-error.ts";
import { makeDirectory } from "../base/make-directory.ts";
import { CommandError } from "./command.ts";

/** Makes the data directory if it is not there, for its owner alone. @throws CommandError that says what to do */
export function makeDataDirectory(path: string): void {
  try {
    makeDirectory(path);
    if (!statSync(path).isDirectory()) throw new Error("it is not a directory");
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = whyNotWritten(error);
    throw new CommandError(
      `cannot use the data directory ${path}: ${why}. Choose another with --data-dir, or make this one writable.`,
    );
  }
}
