import type { Clock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import { createDatabaseFile, openDataDirectory } from "../embedded/data-directory.ts";
import { createDatabaseLog } from "../embedded/database-log.ts";
import { loadStore } from "../embedded/load.ts";
import { startWriterThread } from "../embedded/writer-thread.ts";
import type { CommitLog } from "../memory/commit-log.ts";
import { DEFAULT_HISTORY_LIMITS } from "../memory/compaction-schedule.ts";
import { Engine } from "../memory/engine.ts";
import { VersionedMap } from "../memory/versioned-map.ts";
import type { Store } from "../store.ts";
import { faultyLog } from "./faulty-log.ts";

interface Conditions {
  readonly clock: Clock;
  readonly random: Random;
  /** Part of the commits that go wrong. */
  readonly rate: number;
}

const nothing = async (): Promise<void> => {};

/** The memory engine with a log that fails. */
export function faultyMemoryStore(conditions: Conditions): Store {
  const log: CommitLog = { commit: nothing, recover: nothing, compact: nothing, close: nothing };
  return engineOf(new VersionedMap(), faultyLog(log, conditions), conditions);
}

/** The embedded engine as embedded-store.ts opens it, on a disk that fails. */
export async function faultyEmbeddedStore(directory: string, conditions: Conditions): Promise<Store> {
  const paths = openDataDirectory(directory);
  createDatabaseFile(paths);
  const { clock } = conditions;
  const { map } = await loadStore(paths, clock, silentLogger);
  const log = createDatabaseLog(startWriterThread(), {
    clock,
    logger: silentLogger,
    database: paths.database,
    acknowledged: paths.acknowledged,
    maximumBytes: undefined,
    map,
    startThread: startWriterThread,
  });
  return engineOf(map, faultyLog(log, conditions), conditions);
}

function engineOf(map: VersionedMap, log: CommitLog, { clock }: Conditions): Store {
  return new Engine({ clock, logger: silentLogger, history: DEFAULT_HISTORY_LIMITS, map, log, expiring: new Map() });
}
