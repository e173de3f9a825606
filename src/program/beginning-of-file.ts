import { closeSync, openSync, readSync } from "node:fs";
import { errorMessage } from "../base/assert.ts";
import { CommandError } from "../cli/command.ts";

/** The first bytes of a file as text. @throws CommandError when it cannot be read */
export function beginningOf(path: string, length: number): string {
  try {
    const file = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(length);
      return bytes.toString("latin1", 0, readSync(file, bytes, 0, length, 0));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new CommandError(`cannot read ${path}: ${errorMessage(error)}`);
  }
}
