import { crc32 } from "node:zlib";

/** "WHRY", in the header of every store's database. */
export const APPLICATION_ID = 0x57485259;
export const FORMAT_VERSION = 2;
/** Format 1 did not count the rows that were dropped; a writer counts them once and makes it format 2. */
export const FORMAT_VERSION_MINIMUM = 1;
/** Objects of a few KB pack best in large pages, and a commit of one stays cheap. */
export const PAGE_BYTES = 16_384;
/** The write-ahead log goes back into the database when it is this long. */
export const LOG_BYTES = 8 * 1024 * 1024;

/**
 * A change is a row, its revision the key: commits append, nothing else is indexed, and a person reads it with
 * `sqlite3 store.db 'SELECT * FROM objects'`.
 */
export const CREATE_SQL = `
PRAGMA synchronous = OFF; -- the finished file is synchronized once
PRAGMA page_size = ${PAGE_BYTES};
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${FORMAT_VERSION};
BEGIN;
-- compacted_revision: history before it is gone; rows that were replaced or deleted up to it may be dropped.
CREATE TABLE metadata (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO metadata VALUES ('compacted_revision', 0);
-- rows_dropped: how many revisions have no row any more, so that a lost row is noticed.
INSERT INTO metadata VALUES ('rows_dropped', 0);
CREATE TABLE changes (
  revision INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  value BLOB, -- NULL: the key was deleted
  written_at_ms INTEGER NOT NULL, -- since the Unix epoch
  time_to_live_seconds REAL, -- NULL: forever
  checksum INTEGER NOT NULL -- CRC-32 of key and value, begun with the revision
);
CREATE VIEW objects AS
  SELECT key, revision, written_at, CAST(value AS TEXT) AS value FROM (
    SELECT key, max(revision) AS revision, datetime(written_at_ms / 1000, 'unixepoch') AS written_at, value
    FROM changes GROUP BY key
  ) WHERE value IS NOT NULL ORDER BY key;
COMMIT;
PRAGMA journal_mode = WAL;
`;

/** Makes a database of format 1 one of format 2; within a transaction. */
export const UPGRADE_SQL = `
INSERT OR REPLACE INTO metadata
  SELECT 'rows_dropped', max(coalesce(max(revision), 1), (SELECT max(value) FROM metadata), 1) - 1 - count(*) FROM changes;
PRAGMA user_version = 2;
`;

/** Ties a row's content to its place: SQLite has no checksums of its own for pages that were checkpointed. */
export function checksumOf(revision: number, key: string, value: Uint8Array | null): number {
  const start = crc32(key, revision % 0x1_0000_0000);
  return value === null ? ~start >>> 0 : crc32(value, start);
}
