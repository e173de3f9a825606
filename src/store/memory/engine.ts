import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import {
  KeyExistsError,
  RevisionMismatchError,
  type Store,
  type StoreEvent,
  StoreUnavailableError,
  type WriteOptions,
  type WriteResult,
} from "../store.ts";
import type { CommitLog } from "./commit-log.ts";
import { CommitQueue } from "./commit-queue.ts";
import { CompactionSchedule, type HistoryLimits } from "./compaction-schedule.ts";
import { checkKey } from "./key-order.ts";
import { Expiry } from "./time-to-live.ts";
import type { Change, VersionedMap } from "./versioned-map.ts";
import { WatchHub } from "./watch-hub.ts";

export interface EngineOptions {
  clock: Clock;
  logger: Logger;
  history: HistoryLimits;
  map: VersionedMap;
  log: CommitLog;
  /** Keys of a restored map that go away, with the seconds they have left. */
  expiring: ReadonlyMap<string, number>;
}

/** Throws when the change must not be made, looking at durable values only. */
type Precondition = () => void;

/**
 * The store over a map in memory and a log that makes changes durable. Reads and watches see the map; a write is checked
 * against it, goes through the log and is then applied. A key has one write under way at a time: the next one waits for
 * the outcome, so that it is accepted or refused by what is durable and never by what may still fail.
 */
export function createEngine(options: EngineOptions): Store {
  const { clock, map, log, logger } = options;
  const hub = new WatchHub(map, clock);
  const expiry = new Expiry({ clock, expire: (keys) => expireKeys(keys) });
  const schedule = new CompactionSchedule({
    clock,
    map,
    limits: options.history,
    compact: (revision) => void compact(revision),
  });
  const queue = new CommitQueue({ clock, log, logger, map, committed });
  let closing: Promise<void> | undefined;
  let compaction: Promise<void> = Promise.resolve();

  function committed(changes: readonly Change[]): void {
    const events: StoreEvent[] = changes.map((change) => map.apply(change));
    for (const change of changes) expiry.set(change.key, change.timeToLiveSeconds);
    hub.publish(events);
    schedule.noteChanges();
  }

  async function write(change: Change, precondition: Precondition): Promise<WriteResult> {
    checkKey(change.key);
    for (let undecided = queue.undecided(change.key); undecided; undecided = queue.undecided(change.key)) {
      await undecided;
    }
    if (closing !== undefined) throw new StoreUnavailableError("the store is closed");
    if (queue.unavailable !== undefined) throw queue.unavailable;
    precondition();
    return await queue.submit(change);
  }

  function expectRevision(key: string, revision: number): void {
    const current = map.get(key);
    if (current?.revision !== revision) throw new RevisionMismatchError(key, revision, current);
  }

  function remove(key: string, expectedRevision: number): Promise<WriteResult> {
    return write({ key, value: undefined }, () => expectRevision(key, expectedRevision));
  }

  async function expireKeys(keys: readonly string[]): Promise<string[]> {
    const kept: string[] = [];
    await Promise.all(
      keys.map(async (key) => {
        const current = map.get(key);
        if (current === undefined) return;
        try {
          await remove(key, current.revision);
        } catch (error) {
          if (!(error instanceof RevisionMismatchError)) kept.push(key);
        }
      }),
    );
    return closing === undefined ? kept : [];
  }

  function compact(revision: number): Promise<void> {
    const forgotten = map.compact(revision);
    if (forgotten.length > 0) compaction = compaction.then(() => log.compact(map.compactedRevision, forgotten));
    return compaction;
  }

  async function close(): Promise<void> {
    expiry.stop();
    schedule.stop();
    await queue.close();
    hub.end();
    await compaction;
    await log.close();
  }

  function checkOpen(): void {
    if (closing !== undefined) throw new StoreUnavailableError("the store is closed");
  }

  for (const [key, seconds] of options.expiring) expiry.set(key, seconds);
  schedule.noteChanges();

  return {
    revision() {
      hub.requestProgress();
      return map.revision;
    },
    async get(key, getOptions) {
      checkOpen();
      return map.get(key, getOptions?.revision);
    },
    async list(request) {
      checkOpen();
      return map.list(request);
    },
    create: (key, value, writeOptions) =>
      write(putOf(key, value, writeOptions), () => {
        if (map.get(key) !== undefined) throw new KeyExistsError(key);
      }),
    update: (key, value, expectedRevision, writeOptions) =>
      write(putOf(key, value, writeOptions), () => expectRevision(key, expectedRevision)),
    delete: remove,
    watch: (request) => hub.watch(request),
    async compact(revision) {
      checkOpen();
      await compact(revision);
    },
    compactedRevision: () => map.compactedRevision,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

function putOf(key: string, value: Buffer, options: WriteOptions = {}): Change {
  return { key, value, timeToLiveSeconds: options.timeToLiveSeconds };
}
