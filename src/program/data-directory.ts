import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { errorMessage } from "../base/assert.ts";
import { CommandError } from "../cli/command.ts";

/** Makes the data directory if it is not there. @throws CommandError that says what to do */
export function makeDataDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (!statSync(path).isDirectory()) throw new Error("it is not a directory");
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = errorMessage(error);
    throw new CommandError(
      `cannot use the data directory ${path}: ${why}. Choose another with --data-dir, or make this one writable.`,
    );
  }
}
