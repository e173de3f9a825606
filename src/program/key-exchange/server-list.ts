import { rmSync } from "node:fs";
import { join } from "node:path";
import { readText, writePrivate } from "../../bootstrap/pki/pki-files.ts";
import type { ServerRow } from "../../cli/cluster-keys.ts";
import { behind } from "./plan.ts";
import type { Records } from "./records.ts";
import { FORGET_FILE } from "./shared-files.ts";

/** What this server saw of all servers at its last look, for `wherry certs servers`. */
const LIST_FILE = "servers.json";

export function writeServerList(dataDirectory: string, records: Records, ownId: string): void {
  const late = new Set(behind(records, "all"));
  const rows = [...records.servers.values()].map(
    ({ id, name, generation }): ServerRow => ({
      name,
      isThis: id === ownId,
      isRunning: records.alive.has(id),
      hasCurrentKeys: !late.has(id),
      generation,
    }),
  );
  rows.sort((left, right) => (left.name < right.name ? -1 : 1));
  const text = `${JSON.stringify(rows)}\n`;
  if (readText(dataDirectory, LIST_FILE) !== text) writePrivate(join(dataDirectory, LIST_FILE), text, false);
}

export function readServerList(dataDirectory: string): readonly ServerRow[] {
  return JSON.parse(readText(dataDirectory, LIST_FILE) ?? "[]") as ServerRow[];
}

export function wishToForget(dataDirectory: string, name: string): void {
  writePrivate(join(dataDirectory, "pki", FORGET_FILE), name, true);
}

/** The servers of that name that do not run. */
export function takeForgetWishes(directory: string, { servers, alive }: Records): string[] {
  const name = readText(directory, FORGET_FILE);
  if (name === undefined) return [];
  rmSync(join(directory, FORGET_FILE), { force: true });
  return [...servers.values()].filter((each) => each.name === name && !alive.has(each.id)).map(({ id }) => id);
}
