import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { CommitLog } from "../memory/commit-log.ts";
import { DEFAULT_HISTORY_LIMITS, type HistoryLimits } from "../memory/compaction-schedule.ts";
import { Engine } from "../memory/engine.ts";
import type { Store } from "../store.ts";
import { checkDatabaseFile, createDatabaseFile, openDataDirectory } from "./data-directory.ts";
import { createDatabaseLog } from "./database-log.ts";
import { loadStore } from "./load.ts";
import { type DataDirectoryLock, lockDataDirectory } from "./lock.ts";
import { startWriterThread } from "./writer-thread.ts";

export interface EmbeddedStoreOptions {
  /** Created when it is not there. One process uses it at a time. */
  directory: string;
  clock: Clock;
  log: Logger;
  /** Bounds of the history that watches can resume from; DEFAULT_HISTORY_LIMITS where absent. */
  history?: Partial<HistoryLimits>;
  /** The database grows to at most so many bytes; then writes fail until room is free. Unbounded when absent. */
  maximumBytes?: number;
}

/**
 * Opens the durable store of one process: SQLite in a writer thread is the log, memory the read side.
 * @throws DataDirectoryError when the directory is in use, somebody else's, of another version, or damaged
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<Store> {
  const { clock, maximumBytes } = options;
  const logger = options.log.named("store");
  const paths = openDataDirectory(options.directory);
  const lock = lockDataDirectory(paths);
  try {
    checkDatabaseFile(paths);
    // The thread boots while this one reads.
    const thread = startWriterThread();
    try {
      createDatabaseFile(paths);
      const { map, expiring, forgotten } = await loadStore(paths, clock, logger);
      const log = createDatabaseLog(thread, {
        clock,
        logger,
        database: paths.database,
        acknowledged: paths.acknowledged,
        maximumBytes,
        map,
        startThread: startWriterThread,
      });
      const history = { ...DEFAULT_HISTORY_LIMITS, ...options.history };
      if (forgotten.length > 0) void log.compact(map.compactedRevision, forgotten);
      return new Engine({ clock, logger, history, map, log: releasing(log, lock), expiring });
    } catch (error) {
      await thread.stop();
      throw error;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The same log, which gives the directory free when it has closed. */
function releasing(log: CommitLog, lock: DataDirectoryLock): CommitLog {
  return {
    ...log,
    close: () => log.close().finally(lock.release),
  };
}
