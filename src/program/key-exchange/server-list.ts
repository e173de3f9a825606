import { rmSync } from "node:fs";
import { join } from "node:path";
import { readText, writePrivate } from "../../bootstrap/pki/pki-files.ts";
import type { ServerRow } from "../../cli/cluster-keys.ts";
import { behind } from "./plan.ts";
import type { Records } from "./records.ts";
import { digestOf, FORGET_FILE, readSharedFiles } from "./shared-files.ts";

/** What this server saw of all servers at its last look, for `wherry certs servers`. */
const LIST_FILE = "servers.json";

interface ServerList {
  /** Of the keys that all are to have. */
  readonly digest: string;
  readonly servers: readonly ServerRow[];
}

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
  const list: ServerList = { digest: records.current?.digest ?? "", servers: rows };
  const text = `${JSON.stringify(list)}\n`;
  if (readText(dataDirectory, LIST_FILE) !== text) writePrivate(join(dataDirectory, LIST_FILE), text, false);
}

function readList(dataDirectory: string): ServerList | undefined {
  const text = readText(dataDirectory, LIST_FILE);
  return text === undefined ? undefined : (JSON.parse(text) as ServerList);
}

export function readServerList(dataDirectory: string): readonly ServerRow[] {
  return readList(dataDirectory)?.servers ?? [];
}

/** Whether all servers that run use the keys that are here; also where this is the only server. */
export function haveAllFollowed(dataDirectory: string): boolean {
  const list = readList(dataDirectory);
  if (list === undefined) return true;
  const isSeen = list.digest === digestOf(readSharedFiles(join(dataDirectory, "pki")));
  return isSeen && list.servers.every(({ isRunning, hasCurrentKeys }) => hasCurrentKeys || !isRunning);
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
