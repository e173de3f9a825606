import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Clock } from "../../base/clock.ts";
import { whyNotWritten } from "../../base/disk-error.ts";
import { nextTurn } from "../../base/turn.ts";
import {
  checkDatabaseFile,
  createDatabaseFile,
  DataDirectoryError,
  dataDirectoryPaths,
  openDataDirectory,
} from "../embedded/data-directory.ts";
import { type LoadedStore, loadRunningStore } from "../embedded/load.ts";
import { lockDataDirectory } from "../embedded/lock.ts";
import { checksumOf } from "../embedded/schema.ts";
import { FIRST_REVISION } from "../memory/versioned-map.ts";
import { REVISION_BUMP, SnapshotError, type StateObject, type StoreState } from "./state.ts";

const ROWS_PER_TURN = 1000;

/**
 * What the store of a directory holds at one revision, also while a process writes it: that one is not asked and not held
 * up, but for the space of its write-ahead log, which it gets back a little later.
 * @throws DataDirectoryError
 */
export async function readEmbeddedState(directory: string, clock: Clock): Promise<StoreState> {
  const paths = dataDirectoryPaths(directory);
  if (!existsSync(paths.database)) {
    throw new DataDirectoryError(
      `there is no store in ${paths.directory}: name the cluster's directory with --data-dir, or its etcd with --etcd-servers`,
    );
  }
  checkDatabaseFile(paths);
  return stateOf(await loadRunningStore(paths, clock));
}

function stateOf({ map, expiring, lost }: LoadedStore): StoreState {
  const objects = map
    .list({ prefix: "" })
    .items.map(({ key, value, revision }): StateObject => ({ key, value, revision, secondsLeft: expiring.get(key) }));
  return { revision: map.revision, objects: objects.sort((left, right) => left.revision - right.revision), lost };
}

/**
 * Makes a store in a directory that has none. Objects keep their revisions; the store itself goes on REVISION_BUMP above.
 * @throws SnapshotError when there is a store, DataDirectoryError when there cannot be one
 */
export async function writeEmbeddedState(directory: string, state: StoreState, clock: Clock): Promise<void> {
  if (existsSync(dataDirectoryPaths(directory).database)) {
    throw new SnapshotError(`${directory} has a store already: choose an empty directory`);
  }
  const paths = openDataDirectory(directory);
  const lock = lockDataDirectory(paths);
  try {
    createDatabaseFile(paths);
    const connection = new DatabaseSync(paths.database);
    try {
      await insertAll(connection, withUniqueRevisions(state), clock.now());
      const revision = state.revision + REVISION_BUMP;
      const note = connection.prepare("UPDATE metadata SET value = ? WHERE name = ?");
      note.run(revision, "compacted_revision");
      note.run(revision - FIRST_REVISION - state.objects.length, "rows_dropped");
      connection.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (error) {
      throw new SnapshotError(`cannot write ${paths.database}: ${whyNotWritten(error)}`, { cause: error });
    } finally {
      connection.close();
    }
    const { map } = await loadRunningStore(paths, clock);
    if (map.keyCount !== state.objects.length) {
      throw new SnapshotError(`${directory} holds ${map.keyCount} of ${state.objects.length} objects: check the disk`);
    }
  } finally {
    lock.release();
  }
}

/** A row is found by its revision here; etcd may have given one to several keys. The later ones get revisions of their own. */
function withUniqueRevisions(state: StoreState): StateObject[] {
  let next = state.revision;
  const [seen, again]: [StateObject[], StateObject[]] = [[], []];
  for (const object of state.objects) {
    if (object.revision === seen.at(-1)?.revision) again.push({ ...object, revision: ++next });
    else seen.push(object);
  }
  return [...seen, ...again];
}

async function insertAll(connection: DatabaseSync, objects: readonly StateObject[], nowMs: number): Promise<void> {
  connection.exec("PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
  const insert = connection.prepare("INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?)");
  for (const [index, { key, value, revision, secondsLeft }] of objects.entries()) {
    insert.run(revision, key, value, nowMs, secondsLeft ?? null, checksumOf(revision, key, value));
    if (index % ROWS_PER_TURN === ROWS_PER_TURN - 1) await nextTurn();
  }
}
