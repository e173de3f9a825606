import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "../base/make-directory.ts";
import { CommandError } from "../cli/command.ts";
import { explain } from "./explain.ts";

const IN_USE = 5;

export interface FirstStart {
  /** The start failed before anybody could store anything: what it has made in the data directory goes. */
  takeBack(error: unknown): void;
}

/**
 * To be called before anything is made in the data directory. Of several that start with a new one at the same time one alone
 * can make the folder of the keys, and may take back more than what was decided; and nobody who failed because of another.
 */
export function beginFirstStart(dataDirectory: string): FirstStart {
  const keys = join(dataDirectory, "pki");
  const [facts, store] = ["cluster.json", "store"].map((name) => {
    const path = join(dataDirectory, name);
    return existsSync(path) ? [] : [path];
  }) as [string[], string[]];
  makeDirectory(dataDirectory);
  const made = hasMade(keys) ? [keys, ...store, ...facts] : facts;
  return {
    takeBack(error) {
      const explained = explain(error);
      if (explained instanceof CommandError && explained.exitCode === IN_USE) return;
      for (const path of made) rmSync(path, { recursive: true, force: true });
    },
  };
}

function hasMade(directory: string): boolean {
  try {
    mkdirSync(directory, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
