import { DatabaseSync } from "node:sqlite";
import { errorMessage } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { nextTurn } from "../../base/turn.ts";
import { FIRST_REVISION, VersionedMap } from "../memory/versioned-map.ts";
import { type Acknowledged, readAcknowledged } from "./acknowledged.ts";
import { type DataDirectory, DataDirectoryError } from "./data-directory.ts";
import { checkLog } from "./log-check.ts";
import { checksumOf, FORMAT_VERSION_MINIMUM } from "./schema.ts";

export interface LoadedStore {
  readonly map: VersionedMap;
  /** Seconds that keys with a time to live have left. */
  readonly expiring: ReadonlyMap<string, number>;
  /** Revisions of rows that compaction left behind when the last process ended. */
  readonly forgotten: readonly number[];
  /** Says that writes that were acknowledged are not there. */
  readonly lost: string | undefined;
}

/** revision, key, value, written_at_ms, time_to_live_seconds, checksum */
type Row = [number, string, Uint8Array | null, number, number | null, number];

/** Rows between two turns of the event loop: a few milliseconds. */
const ROWS_PER_TURN = 1000;

/** Reads everything, checks every row, and changes nothing. @throws DataDirectoryError when the data is damaged */
export async function loadStore(paths: DataDirectory, clock: Clock, logger: Logger): Promise<LoadedStore> {
  const { database, writeAheadLog, acknowledged } = paths;
  const last = readAcknowledged(acknowledged);
  if (last === "damaged") {
    logger.warn("how far writes were acknowledged cannot be read; the database is believed", { file: acknowledged });
  }
  let connection: DatabaseSync | undefined;
  let loaded: LoadedStore;
  let unfinishedBytes: number;
  try {
    ({ unfinishedBytes } = checkLog(writeAheadLog));
    connection = new DatabaseSync(database, { readOnly: true, timeout: 5000 });
    loaded = await readAll(connection, clock, last);
  } catch (error) {
    throw new DataDirectoryError(
      `${database} is damaged: ${errorMessage(error)}. Nothing was changed. Restore a backup into an empty directory, or save what can be read with: sqlite3 -readonly ${database} .dump`,
      { cause: error },
    );
  } finally {
    connection?.close();
  }
  if (loaded.lost !== undefined) {
    throw new DataDirectoryError(
      `${database} has lost acknowledged writes: ${loaded.lost}. The end of its write-ahead log is damaged, or an older file was put in the place of one. Nothing was changed. ` +
        "Put the newer files back, or restore a backup; or go on without what is missing: wherry store export FILE, then wherry store import FILE --force",
    );
  }
  if (unfinishedBytes > 0) {
    logger.warn("the last transaction was cut short before it was acknowledged, and is dropped", { unfinishedBytes });
  }
  return loaded;
}

/**
 * Reads a store as of now while another process may be writing it: one read transaction, in which SQLite shows one state.
 * The write-ahead log is not looked at by itself, because it moves.
 * @throws DataDirectoryError when the data is damaged or cannot be read
 */
export async function loadRunningStore({ database, acknowledged }: DataDirectory, clock: Clock): Promise<LoadedStore> {
  // Before the database: what comes later is in it, or was not noted yet.
  const last = readAcknowledged(acknowledged);
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(database, { readOnly: true, timeout: 5000 });
    return await readAll(connection, clock, last);
  } catch (error) {
    throw new DataDirectoryError(`cannot read ${database}: ${errorMessage(error)}`, { cause: error });
  } finally {
    connection?.close();
  }
}

async function readAll(
  connection: DatabaseSync,
  clock: Clock,
  acknowledged: Acknowledged | "damaged" | undefined,
): Promise<LoadedStore> {
  const map = new VersionedMap();
  const expiring = new Map<string, number>();
  const forgotten: number[] = [];
  // One transaction, so that all reads show the same state.
  connection.exec("BEGIN");
  const { compactedRevision, rowsDropped } = readMetadata(connection);
  map.beginRestore(compactedRevision);
  const noted = typeof acknowledged === "object" ? acknowledged : undefined;
  let notedChecksum: number | undefined;
  let count = 0;
  let last = 0;
  for (const rows of readRows(connection)) {
    for (const row of rows) {
      const [revision, key, value, writtenAtMs, timeToLiveSeconds, checksum] = row;
      if (revision <= last) throw new Error(`revision ${revision} comes after revision ${last}`);
      last = revision;
      count++;
      if (revision === noted?.revision) notedChecksum = checksum;
      checkRow(row, map.revision, compactedRevision);
      map.restore({ key, value: value === null ? undefined : asBuffer(value) }, revision, forgotten);
      if (timeToLiveSeconds !== null) expiring.set(key, secondsLeft(writtenAtMs, timeToLiveSeconds, clock.now()));
      else if (expiring.size > 0) expiring.delete(key);
    }
    await nextTurn();
  }
  map.endRestore();
  // After the compacted revision each lost row was noticed by itself; before it this is how.
  const expected = map.revision - FIRST_REVISION - (rowsDropped ?? 0);
  if (rowsDropped !== undefined && count !== expected) throw new Error(`${count} of ${expected} rows can be found`);
  return { map, expiring, forgotten, lost: lostWrites(noted, { revision: map.revision, notedChecksum }) };
}

function lostWrites(
  noted: Acknowledged | undefined,
  found: { revision: number; notedChecksum: number | undefined },
): string | undefined {
  if (noted === undefined) return undefined;
  const { revision, checksum } = noted;
  if (found.revision < revision) return `it ends at revision ${found.revision}, and ${revision} was acknowledged`;
  // A row that was replaced or removed since may have been dropped.
  if (found.notedChecksum === undefined || found.notedChecksum === checksum) return undefined;
  return `its revision ${revision} is not the one that was acknowledged`;
}

/** All rows in order of revision, as many at a time as may be read in one turn. */
function* readRows(connection: DatabaseSync): Generator<Row[]> {
  const statement = connection.prepare(
    `SELECT revision, key, value, written_at_ms, time_to_live_seconds, checksum
     FROM changes WHERE revision > ? ORDER BY revision LIMIT ${ROWS_PER_TURN}`,
  );
  statement.setReturnArrays(true);
  for (let last = 0; ; ) {
    const rows = statement.all(last) as unknown[] as Row[];
    if (rows.length > 0) yield rows;
    if (rows.length < ROWS_PER_TURN) return;
    last = rows.at(-1)![0];
  }
}

/** SQLite's own array as a Buffer, which is what Node does for its Buffers: a second view a value is worth saving. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Object.setPrototypeOf(bytes, Buffer.prototype);
}

function readMetadata(connection: DatabaseSync): { compactedRevision: number; rowsDropped: number | undefined } {
  const statement = connection.prepare("SELECT value FROM metadata WHERE name = ?");
  const read = (name: string): number => {
    const value = statement.get(name)?.value;
    if (typeof value !== "number") throw new Error(`its metadata has no ${name}`);
    return value;
  };
  const compactedRevision = read("compacted_revision");
  const isCounted = connection.prepare("PRAGMA user_version").get()?.user_version !== FORMAT_VERSION_MINIMUM;
  return { compactedRevision, rowsDropped: isCounted ? read("rows_dropped") : undefined };
}

function checkRow([revision, key, value, , , checksum]: Row, last: number, compactedRevision: number): void {
  if (checksumOf(revision, key, value) !== checksum) throw new Error(`the checksum of revision ${revision} is wrong`);
  // After the compacted revision every revision has its row.
  const first = Math.max(FIRST_REVISION, compactedRevision) + 1;
  if (revision < first && revision > FIRST_REVISION) return;
  if (revision !== last + 1) throw new Error(`revision ${last + 1} is missing`);
}

/** A clock that was set back must not make a key live longer than it was given. */
function secondsLeft(writtenAtMs: number, timeToLiveSeconds: number, nowMs: number): number {
  const left = writtenAtMs / 1000 + timeToLiveSeconds - nowMs / 1000;
  return Math.max(0, Math.min(left, timeToLiveSeconds));
}
