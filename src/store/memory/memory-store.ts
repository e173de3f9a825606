import type { Clock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import type { Store } from "../store.ts";
import type { CommitLog } from "./commit-log.ts";
import { DEFAULT_HISTORY_LIMITS, type HistoryLimits } from "./compaction-schedule.ts";
import { Engine } from "./engine.ts";
import { VersionedMap } from "./versioned-map.ts";

export interface MemoryStoreOptions {
  clock: Clock;
  /** Bounds of the history that watches can resume from; DEFAULT_HISTORY_LIMITS where absent. */
  history?: Partial<HistoryLimits>;
}

/** A store for tests and throw-away clusters: everything in this process, gone with it. */
export function createMemoryStore(options: MemoryStoreOptions): Store {
  return new Engine({
    clock: options.clock,
    logger: silentLogger,
    history: { ...DEFAULT_HISTORY_LIMITS, ...options.history },
    map: new VersionedMap(),
    log: noLog,
    expiring: new Map(),
  });
}

/** In memory everything is as durable as it gets, at once. */
const noLog: CommitLog = {
  commit: async () => {},
  recover: async () => {},
  compact: async () => {},
  close: async () => {},
};
