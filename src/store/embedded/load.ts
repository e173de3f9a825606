import { DatabaseSync } from "node:sqlite";
import { errorMessage } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { FIRST_REVISION, VersionedMap } from "../memory/versioned-map.ts";
import { type DataDirectory, DataDirectoryError } from "./data-directory.ts";
import { checkLog } from "./log-check.ts";
import { checksumOf } from "./schema.ts";

export interface LoadedStore {
  readonly map: VersionedMap;
  /** Seconds that keys with a time to live have left. */
  readonly expiring: ReadonlyMap<string, number>;
  /** Revisions of rows that compaction left behind when the last process ended. */
  readonly forgotten: readonly number[];
}

/** revision, key, value, written_at_ms, time_to_live_seconds, checksum */
type Row = [number, string, Uint8Array | null, number, number | null, number];

/** Rows between two turns of the event loop: a few milliseconds. */
const ROWS_PER_TURN = 1000;

/** Reads everything, checks every row, and changes nothing. @throws DataDirectoryError when the data is damaged */
export async function loadStore(paths: DataDirectory, clock: Clock, logger: Logger): Promise<LoadedStore> {
  const { database, writeAheadLog } = paths;
  let connection: DatabaseSync | undefined;
  try {
    const { unfinishedBytes } = checkLog(writeAheadLog);
    if (unfinishedBytes > 0) {
      logger.warn("the last transaction was cut short before it was acknowledged, and is dropped", { unfinishedBytes });
    }
    connection = new DatabaseSync(database, { readOnly: true, timeout: 5000 });
    return await readAll(connection, clock);
  } catch (error) {
    throw new DataDirectoryError(
      `${database} is damaged: ${errorMessage(error)}. Nothing was changed. Restore a backup into an empty directory, or save what can be read with: sqlite3 ${database} .recover`,
      { cause: error },
    );
  } finally {
    connection?.close();
  }
}

async function readAll(connection: DatabaseSync, clock: Clock): Promise<LoadedStore> {
  const map = new VersionedMap();
  const expiring = new Map<string, number>();
  const forgotten: number[] = [];
  // One transaction, so that both reads show the same state.
  connection.exec("BEGIN");
  const compactedRevision = readCompactedRevision(connection);
  map.beginRestore(compactedRevision);
  const statement = connection.prepare(
    "SELECT revision, key, value, written_at_ms, time_to_live_seconds, checksum FROM changes ORDER BY revision",
  );
  statement.setReturnArrays(true);
  let rows = 0;
  for (const row of statement.iterate() as Iterable<unknown> as Iterable<Row>) {
    const [revision, key, value, writtenAtMs, timeToLiveSeconds, checksum] = row;
    if (checksumOf(revision, key, value) !== checksum) throw new Error(`the checksum of revision ${revision} is wrong`);
    checkOrder(revision, map.revision, compactedRevision);
    const bytes = value === null ? undefined : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    map.restore({ key, value: bytes }, revision, forgotten);
    if (timeToLiveSeconds !== null) expiring.set(key, secondsLeft(writtenAtMs, timeToLiveSeconds, clock.now()));
    else if (expiring.size > 0) expiring.delete(key);
    if (++rows % ROWS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  map.endRestore();
  return { map, expiring, forgotten };
}

function readCompactedRevision(connection: DatabaseSync): number {
  const row = connection.prepare("SELECT value FROM metadata WHERE name = 'compacted_revision'").get();
  if (typeof row?.value !== "number") throw new Error("its metadata has no compacted_revision");
  return row.value;
}

/** After the compacted revision every revision has its row. */
function checkOrder(revision: number, last: number, compactedRevision: number): void {
  const first = Math.max(FIRST_REVISION, compactedRevision) + 1;
  if (revision < first && revision > FIRST_REVISION) return;
  if (revision !== last + 1) throw new Error(`revision ${last + 1} is missing`);
}

/** A clock that was set back must not make a key live longer than it was given. */
function secondsLeft(writtenAtMs: number, timeToLiveSeconds: number, nowMs: number): number {
  const left = writtenAtMs / 1000 + timeToLiveSeconds - nowMs / 1000;
  return Math.max(0, Math.min(left, timeToLiveSeconds));
}
