import { closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { whyNotWritten } from "../../base/disk-error.ts";
import { makeDirectory } from "../../base/make-directory.ts";
import { readAcknowledged } from "./acknowledged.ts";
import { APPLICATION_ID, CREATE_SQL, FORMAT_VERSION, FORMAT_VERSION_MINIMUM } from "./schema.ts";

/** The data directory cannot be used. The message says which, why, and what to do; nothing in it was changed. */
export class DataDirectoryError extends Error {
  override name = "DataDirectoryError";
}

export interface DataDirectory {
  readonly directory: string;
  /** The SQLite database; SQLite keeps -wal and -shm files beside it. */
  readonly database: string;
  /** Its write-ahead log, which is there while the database is open and after a crash. */
  readonly writeAheadLog: string;
  /** How far writes were acknowledged (acknowledged.ts). */
  readonly acknowledged: string;
  /** Never written: it carries the lock that only one process can hold. */
  readonly lock: string;
  /** The process id of the last that held the lock, for the message to the next. */
  readonly holder: string;
}

/** SQLite's header: https://www.sqlite.org/fileformat.html#the_database_header */
const HEADER_BYTES = 100;
const HEADER_MAGIC = "SQLite format 3\0";
const USER_VERSION_OFFSET = 60;
const APPLICATION_ID_OFFSET = 68;

/** Where everything is; touches nothing. */
export function dataDirectoryPaths(path: string): DataDirectory {
  const directory = resolve(path);
  return {
    directory,
    database: join(directory, "store.db"),
    writeAheadLog: join(directory, "store.db-wal"),
    acknowledged: join(directory, "store.db-acknowledged"),
    lock: join(directory, "lock"),
    holder: join(directory, "holder"),
  };
}

/** Makes sure that the directory is there and holds nothing that is not ours. @throws DataDirectoryError */
export function openDataDirectory(path: string): DataDirectory {
  const paths = dataDirectoryPaths(path);
  const { directory } = paths;
  if (!existsSync(directory)) {
    attempt(`cannot create the data directory ${directory}`, () => makeDirectory(directory));
  } else if (!statSync(directory).isDirectory()) {
    throw new DataDirectoryError(`${directory} is a file; choose a directory for the store's data`);
  }
  // A database without our lock file was never ours to lock: look at it before leaving anything beside it.
  if (!existsSync(paths.lock)) checkDatabaseFile(paths);
  return paths;
}

/** Checks whose file the database is. To be called under the lock. @throws DataDirectoryError */
export function checkDatabaseFile(paths: DataDirectory): void {
  const { database } = paths;
  if (!existsSync(database)) {
    requireNothingLeft(paths);
    return;
  }
  if (statSync(database).isDirectory()) {
    throw new DataDirectoryError(`${database} is a directory; move it away or choose another data directory`);
  }
  const header = attempt(`cannot read ${database}`, () => readHeader(database));
  if (header.length < HEADER_BYTES || header.toString("latin1", 0, HEADER_MAGIC.length) !== HEADER_MAGIC) {
    throw new DataDirectoryError(
      `${database} is not a Wherry store: it is no SQLite database, or its header is damaged. Move it away or choose another data directory; if it was a store, restore a backup`,
    );
  }
  if (header.readUInt32BE(APPLICATION_ID_OFFSET) !== APPLICATION_ID) {
    throw new DataDirectoryError(
      `${database} is a database of another program; move it away or choose another data directory`,
    );
  }
  const version = header.readUInt32BE(USER_VERSION_OFFSET);
  if (version < FORMAT_VERSION_MINIMUM || version > FORMAT_VERSION) {
    const advice =
      version > FORMAT_VERSION ? "run the newer Wherry that wrote it" : "upgrade it with an older Wherry first";
    throw new DataDirectoryError(
      `${database} has data format ${version}, and this Wherry reads and writes format ${FORMAT_VERSION}: ${advice}`,
    );
  }
}

/** A new database would take the pages of an old log for its own, and hide that the old one is lost. */
function requireNothingLeft({ database, writeAheadLog, acknowledged }: DataDirectory): void {
  if ((statSync(writeAheadLog, { throwIfNoEntry: false })?.size ?? 0) > 0) {
    throw new DataDirectoryError(
      `${database} is gone, but its write-ahead log ${writeAheadLog} is there: put the database back beside it, or move the log away and restore a backup`,
    );
  }
  const last = readAcknowledged(acknowledged);
  if (typeof last === "object") {
    throw new DataDirectoryError(
      `${database} is gone, and writes up to revision ${last.revision} were acknowledged in it: put it back, or restore a backup; to begin with nothing, remove ${acknowledged}`,
    );
  }
}

/** Creates the database when there is none: whole under another name first, so that a crash leaves nothing half made. */
export function createDatabaseFile({ database, directory }: DataDirectory): void {
  if (existsSync(database)) return;
  attempt(`cannot create ${database}`, () => {
    const unfinished = `${database}.new`;
    rmSync(unfinished, { force: true });
    closeSync(openSync(unfinished, "wx", 0o600));
    const connection = new DatabaseSync(unfinished);
    try {
      connection.exec(CREATE_SQL);
    } finally {
      connection.close();
    }
    synchronize(unfinished);
    renameSync(unfinished, database);
    synchronize(directory);
    synchronize(dirname(directory));
  });
}

function readHeader(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    return header.subarray(0, readSync(file, header, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

function synchronize(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new DataDirectoryError(`${what}: ${whyNotWritten(error)}`, { cause: error });
  }
}
