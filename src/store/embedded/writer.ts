import { DatabaseSync, type StatementSync } from "node:sqlite";
import { present } from "../../base/assert.ts";
import { type Acknowledged, openAcknowledgedFile } from "./acknowledged.ts";
import type { CommitRequest, OpenRequest, Request } from "./messages.ts";
import { checksumOf, FORMAT_VERSION, LOG_BYTES, PAGE_BYTES, UPGRADE_SQL } from "./schema.ts";

/** Pages given back at a time, so that a commit never waits long. */
const RECLAIM_PAGES = 64;
/** Free room that stays in the file: at least so many pages and this part of them. */
const SLACK_PAGES = 64;
const SLACK_PART = 0.1;

interface Statements {
  readonly insert: StatementSync;
  readonly remove: StatementSync;
  readonly removeAfter: StatementSync;
  readonly setCompactedRevision: StatementSync;
  readonly addDropped: StatementSync;
}

export interface Writer {
  /** All or nothing, in the order of their revisions. */
  commit(requests: readonly CommitRequest[]): void;
  /** Does what a request says; the result of "reclaim" is whether there is more to do. */
  handle(request: Exclude<Request, { type: "open" | "commit" }>): boolean;
}

/**
 * The only connection that writes. Every method is one transaction, durable when it returns.
 *
 * @param room where the values of commits are that do not bring them
 */
export function openWriter({ database, acknowledged, maximumBytes }: OpenRequest, room: Uint8Array): Writer {
  const connection = new DatabaseSync(database, { timeout: 1000 });
  connection.exec(`
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON; -- macOS: fsync alone stops at the drive's cache
    PRAGMA wal_autocheckpoint = ${LOG_BYTES / PAGE_BYTES};
    PRAGMA journal_size_limit = ${LOG_BYTES};
  `);
  if (maximumBytes !== undefined) connection.exec(`PRAGMA max_page_count = ${Math.floor(maximumBytes / PAGE_BYTES)}`);
  // What a crash left in the log must not lie behind what comes: log-check.ts counts on it.
  checkpoint(connection);
  if (connection.prepare("PRAGMA user_version").get()?.user_version !== FORMAT_VERSION) {
    transaction(connection, () => connection.exec(UPGRADE_SQL));
  }
  const statements: Statements = {
    insert: connection.prepare("INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?)"),
    remove: connection.prepare("DELETE FROM changes WHERE revision = ?"),
    removeAfter: connection.prepare("DELETE FROM changes WHERE revision > ?"),
    setCompactedRevision: connection.prepare("UPDATE metadata SET value = ? WHERE name = 'compacted_revision'"),
    addDropped: connection.prepare("UPDATE metadata SET value = value + ? WHERE name = 'rows_dropped'"),
  };
  const acknowledging = openAcknowledgedFile(acknowledged);
  return {
    commit(requests) {
      acknowledging.note(
        transaction(connection, () => {
          let last: Acknowledged | undefined;
          for (const request of requests) last = insertAll(statements, request, room);
          return present(last, "a commit");
        }),
      );
    },
    handle(request) {
      switch (request.type) {
        case "recover":
          acknowledging.retract(request.revision);
          transaction(connection, () => statements.removeAfter.run(request.revision));
          checkpoint(connection);
          return false;
        case "forget":
          transaction(connection, () => {
            statements.setCompactedRevision.run(request.compactedRevision);
            let dropped = 0;
            for (const revision of request.revisions) dropped += Number(statements.remove.run(revision).changes);
            statements.addDropped.run(dropped);
          });
          return false;
        case "reclaim":
          return reclaim(connection);
        case "close":
          connection.close();
          acknowledging.close();
          return false;
      }
    },
  };
}

/** Answers its last row. */
function insertAll({ insert }: Statements, request: CommitRequest, room: Uint8Array): Acknowledged {
  const [values, begin] = typeof request.values === "number" ? [room, request.values] : [request.values, 0];
  let offset = begin;
  let revision = request.firstRevision - 1;
  let checksum = 0;
  for (let index = 0; index < request.keys.length; index++) {
    revision++;
    const key = request.keys[index]!;
    const length = request.lengths[index]!;
    const value = length < 0 ? null : values.subarray(offset, offset + length);
    offset += Math.max(0, length);
    const timeToLiveSeconds = request.timeToLiveSeconds[index] ?? null;
    checksum = checksumOf(revision, key, value);
    insert.run(revision, key, value, request.writtenAtMs, timeToLiveSeconds, checksum);
  }
  return { revision, checksum };
}

function transaction<T>(connection: DatabaseSync, work: () => T): T {
  connection.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    connection.exec("COMMIT");
    return result;
  } catch (error) {
    if (connection.isTransaction) connection.exec("ROLLBACK");
    throw error;
  }
}

/**
 * Moves the write-ahead log into the database and cuts it to nothing. When it succeeds, everything committed is on the
 * disk again, also if an fsync of the log failed before: its frames that were never acknowledged are gone.
 */
function checkpoint(connection: DatabaseSync): void {
  connection.exec("PRAGMA busy_timeout = 0");
  try {
    const row = connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
    if (row?.busy !== 0) throw new Error("somebody reads the database, so its write-ahead log cannot be checkpointed");
  } finally {
    connection.exec("PRAGMA busy_timeout = 1000");
  }
}

function reclaim(connection: DatabaseSync): boolean {
  const free = Number(connection.prepare("PRAGMA freelist_count").get()?.freelist_count);
  const total = Number(connection.prepare("PRAGMA page_count").get()?.page_count);
  if (free > Math.max(SLACK_PAGES, total * SLACK_PART)) {
    connection.exec(`PRAGMA incremental_vacuum(${RECLAIM_PAGES})`);
    return true;
  }
  checkpoint(connection);
  connection.exec("PRAGMA shrink_memory");
  return false;
}
