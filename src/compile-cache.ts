import { mkdirSync } from "node:fs";
import { enableCompileCache, flushCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { WHERRY_VERSION } from "./api/version.ts";
import { createBusyShare } from "./base/busy-share.ts";
import type { Clock } from "./base/clock.ts";

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

/** A start is over by then, and what it needed is known. */
const LOOK_EVERY_MS = 5000;
const IDLE_BELOW = 0.05;

/**
 * Writes what has been compiled so far as soon as nothing happens for a few seconds, for it is one piece of work of half a second;
 * otherwise only a clean end of the process does.
 * @param busyShare of the time since it was last asked
 */
export function saveCompileCacheWhenIdle(
  clock: Clock,
  busyShare: () => number = createBusyShare(),
  save: () => void = flushCompileCache,
): void {
  clock.setTimer(() => {
    if (busyShare() < IDLE_BELOW) save();
    else saveCompileCacheWhenIdle(clock, busyShare, save);
  }, LOOK_EVERY_MS);
}

function cacheDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  if (environment.WHERRY_CACHE_DIR) return environment.WHERRY_CACHE_DIR;
  if (process.getuid?.() === 0) return "/var/cache/wherry";
  return join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "wherry");
}
