import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "../base/make-directory.ts";
import { CommandError } from "../cli/command.ts";
import { DataDirectoryError } from "../store/embedded/data-directory.ts";
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
  const absent = (...names: string[]): string[] =>
    names.map((name) => join(dataDirectory, name)).filter((path) => !existsSync(path));
  const keys = join(dataDirectory, "pki");
  const facts = absent("cluster.json");
  const further = absent("store", "audit", "agent-token");
  makeDirectory(dataDirectory);
  const hasMadeKeys = hasMade(keys);
  const made = hasMadeKeys ? [keys, ...further, ...facts] : facts;
  return {
    takeBack(error) {
      if (isOthers(error, hasMadeKeys)) return;
      for (const path of made) rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Somebody works with this data directory; who has the port may be the one that made its keys, or anybody. */
function isOthers(error: unknown, hasMadeKeys: boolean): boolean {
  const explained = explain(error);
  if (!(explained instanceof CommandError) || explained.exitCode !== IN_USE) return false;
  return !hasMadeKeys || explained.cause instanceof DataDirectoryError;
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
