import { mkdirSync } from "node:fs";
import { enableCompileCache, flushCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { WHERRY_VERSION } from "./api/version.ts";

/**
 * Keeps the compiled form of what is loaded from now on in a directory of this user alone (Node's default is one that
 * everybody writes). Without it a start is slower, nothing else: what goes wrong here is of no account.
 */
export function useCompileCache(environment: Readonly<Record<string, string | undefined>>): void {
  const directory = join(cacheDirectory(environment), `compiled-${WHERRY_VERSION}`);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    enableCompileCache(directory);
  } catch {
    // A home that cannot be written to.
  }
}

/** Writes what has been compiled so far; otherwise only a clean end of the process does. */
export function saveCompileCache(): void {
  flushCompileCache();
}

function cacheDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  if (environment.WHERRY_CACHE_DIR) return environment.WHERRY_CACHE_DIR;
  if (process.getuid?.() === 0) return "/var/cache/wherry";
  return join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "wherry");
}
