import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { CommitLog } from "../memory/commit-log.ts";
import type { VersionedMap } from "../memory/versioned-map.ts";
import type { WriterThread } from "./writer-thread.ts";

export interface DatabaseLogOptions {
  clock: Clock;
  logger: Logger;
  database: string;
  /** Where it is noted how far writes were acknowledged. */
  acknowledged: string;
  maximumBytes: number | undefined;
  map: VersionedMap;
  startThread(): WriterThread;
}

/** Rows dropped in one transaction, so that a commit never waits long: a thousand took 15 to 26 ms on a busy machine. */
const FORGET_ROWS = 400;
/** When so many are left, writers are quicker than that… */
const FORGET_BEHIND = 30_000;
/** … and this part of what is left is dropped, up to as much as several commits bring. */
const FORGET_PART = 0.25;
const FORGET_ROWS_MAXIMUM = 8000;

function rowsAtOnce(left: number): number {
  return left < FORGET_BEHIND ? FORGET_ROWS : Math.min(FORGET_ROWS_MAXIMUM, left * FORGET_PART);
}

/** The commit log in SQLite, written by a thread of its own. */
export function createDatabaseLog(thread: WriterThread, options: DatabaseLogOptions): CommitLog {
  const { clock, logger, database, acknowledged, maximumBytes, map } = options;
  let writer = thread;
  let opened = open(writer);
  /** In the order in which they must go (VersionedMap.compact); also those that an earlier attempt could not drop. */
  let forgotten: number[] = [];
  let compacted = 0;
  let dropping: Promise<void> | undefined;

  function open(fresh: WriterThread): Promise<boolean> {
    const opening = fresh.request({ type: "open", database, acknowledged, maximumBytes });
    // Whoever writes next hears of a failure.
    opening.catch(() => undefined);
    return opening;
  }

  async function drop(): Promise<void> {
    try {
      do {
        while (forgotten.length > 0) {
          const revisions = forgotten.slice(0, rowsAtOnce(forgotten.length));
          await writer.request({ type: "forget", compactedRevision: compacted, revisions });
          forgotten = forgotten.slice(revisions.length);
        }
        // While more comes to be dropped its room is used again, and need not be given back.
      } while ((await writer.request({ type: "reclaim" })) || forgotten.length > 0);
    } catch (error) {
      logger.warn("old versions stay on the disk until the next compaction", { error });
    } finally {
      // At once: who asks after the last look begins anew.
      dropping = undefined;
    }
  }

  return {
    async commit(changes, firstRevision) {
      await opened;
      await writer.commit(changes, firstRevision, clock.now());
    },
    async recover() {
      if (!writer.alive) writer = options.startThread();
      // Opening again where that had failed, or in a new thread, which has nothing open; else the same answer at once.
      opened = open(writer);
      await opened;
      await writer.request({ type: "recover", revision: map.revision });
    },
    compact(compactedRevision, revisions) {
      for (const revision of revisions) forgotten.push(revision);
      compacted = Math.max(compacted, compactedRevision);
      dropping ??= drop();
      return dropping;
    },
    async close() {
      if (writer.alive) {
        await writer
          .request({ type: "close" })
          .catch((error) => logger.warn("the database did not close well", { error }));
      }
      await writer.stop();
    },
  };
}
