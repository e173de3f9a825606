import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { eachInTurns } from "../../base/turn-time.ts";
import {
  KeyExistsError,
  type ListRequest,
  type ListResult,
  RevisionMismatchError,
  type Store,
  type StoredValue,
  StoreUnavailableError,
  type WatchBatch,
  type WatchRequest,
  type WriteOptions,
  type WriteResult,
} from "../store.ts";
import type { CommitLog } from "./commit-log.ts";
import { CommitQueue } from "./commit-queue.ts";
import { CompactionSchedule, type HistoryLimits } from "./compaction-schedule.ts";
import { checkKey } from "./key-order.ts";
import type { Replaced } from "./packed-changes.ts";
import { slicedList } from "./sliced-list.ts";
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

/**
 * The store over a map in memory and a log that makes changes durable. Reads and watches see the map; a write is checked
 * against it, goes through the log and is then applied. A key has one write under way at a time: the next one waits for
 * the outcome, so that it is accepted or refused by what is durable and never by what may still fail.
 */
export class Engine implements Store {
  readonly #map: VersionedMap;
  readonly #log: CommitLog;
  readonly #hub: WatchHub;
  readonly #expiry: Expiry;
  readonly #schedule: CompactionSchedule;
  readonly #queue: CommitQueue;
  readonly #clock: Clock;
  #forgetting: Promise<void> = Promise.resolve();
  /** Of what was forgotten, in the log. */
  #dropping: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor({ clock, logger, history, map, log, expiring }: EngineOptions) {
    this.#clock = clock;
    this.#map = map;
    this.#log = log;
    this.#hub = new WatchHub(map, clock);
    this.#expiry = new Expiry({ clock, expire: (keys) => this.#expire(keys) });
    const compact = (revision: number): void => void this.#compact(revision);
    this.#schedule = new CompactionSchedule({ clock, map, limits: history, compact });
    this.#queue = new CommitQueue({ clock, log, logger, map, committed: (changes) => this.#committed(changes) });
    for (const [key, seconds] of expiring) this.#expiry.set(key, seconds);
    this.#schedule.noteChanges();
  }

  /** Also asks for progress: who waits for a watch to get here is served at the next turn. */
  revision(): number {
    this.#hub.requestProgress();
    return this.#map.revision;
  }

  currentRevision(): number {
    return this.revision();
  }

  compactedRevision(): number {
    return this.#map.compactedRevision;
  }

  async get(key: string, options?: { revision?: number }): Promise<StoredValue | undefined> {
    this.#checkOpen();
    return this.#map.get(key, options?.revision);
  }

  async list(request: ListRequest): Promise<ListResult> {
    this.#checkOpen();
    return await slicedList(this.#map, request);
  }

  watch(request: WatchRequest): AsyncIterable<WatchBatch> {
    return this.#hub.watch(request);
  }

  create(key: string, value: Buffer, options?: WriteOptions): Promise<WriteResult> {
    return this.#write({ key, value, timeToLiveSeconds: options?.timeToLiveSeconds }, () => {
      if (this.#map.get(key) !== undefined) throw new KeyExistsError(key);
    });
  }

  update(key: string, value: Buffer, expectedRevision: number, options?: WriteOptions): Promise<WriteResult> {
    return this.#write({ key, value, timeToLiveSeconds: options?.timeToLiveSeconds }, () =>
      this.#expectRevision(key, expectedRevision),
    );
  }

  delete(key: string, expectedRevision: number): Promise<WriteResult> {
    return this.#write({ key, value: undefined }, () => this.#expectRevision(key, expectedRevision));
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen();
    await this.#compact(revision);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** @param precondition throws when the change must not be made, looking at durable values only */
  async #write(change: Change, precondition: () => void): Promise<WriteResult> {
    checkKey(change.key);
    for (;;) {
      const undecided = this.#queue.undecided(change.key);
      if (undecided === undefined) break;
      await undecided.catch(() => {});
    }
    this.#checkOpen();
    if (this.#queue.unavailable !== undefined) throw this.#queue.unavailable;
    precondition();
    return await this.#queue.submit(change);
  }

  #expectRevision(key: string, revision: number): void {
    const current = this.#map.get(key);
    if (current?.revision !== revision) throw new RevisionMismatchError(key, revision, current);
  }

  #committed(changes: readonly Change[]): void {
    const events = changes.map((change) => this.#map.apply(change));
    for (const change of changes) this.#expiry.set(change.key, change.timeToLiveSeconds);
    this.#hub.publish(events);
    this.#schedule.noteChanges();
  }

  /** Removes keys whose time is over; answers those that the log did not take. */
  async #expire(keys: readonly string[]): Promise<string[]> {
    const kept: string[] = [];
    const expireOne = async (key: string): Promise<void> => {
      const current = this.#map.get(key);
      if (current === undefined) return;
      try {
        await this.delete(key, current.revision);
      } catch (error) {
        if (!(error instanceof RevisionMismatchError)) kept.push(key);
      }
    };
    await Promise.all(keys.map(expireOne));
    return this.#closing === undefined ? kept : [];
  }

  async #compact(revision: number): Promise<void> {
    const replaced = this.#map.beginCompaction(revision);
    if (replaced !== undefined) this.#forgetting = this.#forget(replaced, { revision, after: this.#forgetting });
    await this.#forgetting;
    await this.#dropping;
  }

  /** In turns: five busy minutes are a hundred thousand changes. One compaction after the other, so that their order is kept. */
  async #forget(replaced: Iterable<Replaced>, { revision, after }: { revision: number; after: Promise<void> }) {
    await after;
    const forgotten: number[] = [];
    await eachInTurns(this.#clock, replaced, (change) => this.#map.forgetReplaced(change, forgotten));
    if (forgotten.length > 0) this.#dropping = this.#log.compact(revision, forgotten);
  }

  async #close(): Promise<void> {
    this.#expiry.stop();
    this.#schedule.stop();
    await this.#queue.close();
    this.#hub.end();
    await this.#forgetting;
    await this.#dropping;
    await this.#log.close();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new StoreUnavailableError("the store is closed");
  }
}
