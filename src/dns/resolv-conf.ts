import { readFile, stat } from "node:fs/promises";
import { isIP } from "node:net";
import type { Clock } from "../base/clock.ts";

const CHECK_EVERY_MS = 5_000;
/** What the C library uses at most. */
const NAMESERVER_LIMIT = 3;

/** Name servers of a resolv.conf, in its order. */
export function parseNameservers(text: string): string[] {
  return text
    .split("\n")
    .map((line) => /^\s*nameserver\s+([^\s#;%]+)/.exec(line)?.[1] ?? "")
    .filter((address) => isIP(address) !== 0)
    .slice(0, NAMESERVER_LIMIT);
}

/** The host's name servers, read again when the file has changed (a laptop moves between networks). */
export function followNameservers(path: string, clock: Clock): () => Promise<readonly string[]> {
  let servers: readonly string[] = [];
  let changedMs = Number.NaN;
  let nextCheckMs = Number.NEGATIVE_INFINITY;
  return async () => {
    if (clock.monotonic() < nextCheckMs) return servers;
    nextCheckMs = clock.monotonic() + CHECK_EVERY_MS;
    try {
      const { mtimeMs } = await stat(path);
      if (mtimeMs !== changedMs) {
        servers = parseNameservers(await readFile(path, "utf8"));
        changedMs = mtimeMs;
      }
    } catch {
      servers = [];
      changedMs = Number.NaN;
    }
    return servers;
  };
}
