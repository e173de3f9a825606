/**
 * The seam between the API server and where bytes live.
 *
 * A store keeps values under keys and gives every write the next number of ONE revision that counts the whole store.
 * It never looks into a value. Its contract:
 *
 * - A write resolves only when it is durable. A write that rejects with StoreUnavailableError has an unknown outcome.
 * - create, update and delete happen only on the expected revision, and change nothing when they refuse.
 * - Reads and watches show only durable writes; revisions that are seen never go back, also after a crash.
 * - A watch gives every change after its start once, in order of revision, without a gap, changes of one transaction in
 *   one batch; or it ends with CompactedError when history before its start is gone.
 * - Buffers are shared, not copied. The store never changes one; a caller may write only into room that it reserved for
 *   itself inside a value, and must write the same bytes each time (the API server stamps the revision so).
 * - Nothing here blocks the event loop for more than a few milliseconds.
 */
export interface Store {
  /** The latest durable revision that this process knows of. */
  revision(): number;
  /**
   * The latest durable revision as of now, whoever wrote it. An engine that has the store for itself answers at once; one that
   * shares it asks the others.
   */
  currentRevision(): number | Promise<number>;
  /** Reads a key, now or as it was at `revision`. */
  get(key: string, options?: { revision?: number }): Promise<StoredValue | undefined>;
  /** Reads the keys that start with a prefix, in byte order. */
  list(request: ListRequest): Promise<ListResult>;
  /** Adds a key that is not there. @throws KeyExistsError */
  create(key: string, value: Buffer, options?: WriteOptions): Promise<WriteResult>;
  /** Replaces the value that was written at `expectedRevision`. @throws RevisionMismatchError */
  update(key: string, value: Buffer, expectedRevision: number, options?: WriteOptions): Promise<WriteResult>;
  /** Removes the key whose value was written at `expectedRevision`. @throws RevisionMismatchError */
  delete(key: string, expectedRevision: number): Promise<WriteResult>;
  /**
   * Changes below a prefix, those after `afterRevision` first. A batch may be empty: then it says only that everything up
   * to its revision has been seen (progress). Ends when the signal aborts or the store closes.
   * @throws CompactedError (from the iterator) when history after `afterRevision` is no longer whole
   */
  watch(request: WatchRequest): AsyncIterable<WatchBatch>;
  /** Forgets versions that were replaced at or before `revision`. Later reads before it give CompactedError. */
  compact(revision: number): Promise<void>;
  /** Oldest revision that can still be read or watched from. */
  compactedRevision(): number;
  /** Whether a value that was read here would be kept in another form today (other keys). Absent where values are kept as given. */
  isStale?(key: string, value: Buffer): boolean;
  /** Waits for writes under way, then frees everything. Idempotent. */
  close(): Promise<void>;
}

export interface StoredValue {
  readonly key: string;
  readonly value: Buffer;
  /** Revision of the write that gave this value. */
  readonly revision: number;
  /** Why the value is not here (empty) although there is one: a list goes on without it. */
  readonly unreadable?: string | undefined;
}

export interface WriteOptions {
  /** Seconds after which the key goes away by itself (as a delete with its own revision). */
  timeToLiveSeconds?: number;
}

export interface WriteResult {
  readonly revision: number;
}

export interface ListRequest {
  prefix: string;
  /** Read as it was at this revision; the latest when absent. */
  revision?: number;
  /** At most so many items; all when absent. */
  limit?: number;
  /** First key to look at (inclusive), to continue after a limited list. */
  startKey?: string;
}

export interface ListResult {
  /** The revision that the answer shows. */
  readonly revision: number;
  readonly items: readonly StoredValue[];
  /** How many keys of the range lie behind the last item. */
  readonly remaining: number;
}

export interface WatchRequest {
  prefix: string;
  /** Changes with a greater revision are given. */
  afterRevision: number;
  signal?: AbortSignal;
}

export interface WatchBatch {
  /** All changes of the prefix up to this revision have been given. */
  readonly revision: number;
  readonly events: readonly StoreEvent[];
}

export interface StoreEvent {
  readonly type: "put" | "delete";
  readonly key: string;
  /** Revision of this change. */
  readonly revision: number;
  /** The new value; for a delete the value that was removed. */
  readonly value: Buffer;
  /** What the key held before, if it was there. */
  readonly previous?: StoredValue | undefined;
  /** Why the value is not here (empty). */
  readonly unreadable?: string | undefined;
}

export class KeyExistsError extends Error {
  override name = "KeyExistsError";
  constructor(key: string) {
    super(`key ${key} exists already`);
  }
}

export class RevisionMismatchError extends Error {
  override name = "RevisionMismatchError";
  /** What is there now; undefined when the key is gone. */
  readonly current: StoredValue | undefined;
  constructor(key: string, expectedRevision: number, current: StoredValue | undefined) {
    super(
      `key ${key} is ${current === undefined ? "gone" : `at revision ${current.revision}`}, not at ${expectedRevision}`,
    );
    this.current = current;
  }
}

export class CompactedError extends Error {
  override name = "CompactedError";
  readonly compactedRevision: number;
  constructor(requestedRevision: number, compactedRevision: number) {
    super(`revision ${requestedRevision} has been compacted; the oldest is ${compactedRevision}`);
    this.compactedRevision = compactedRevision;
  }
}

/** A revision that the store has not reached yet was asked for. */
export class FutureRevisionError extends Error {
  override name = "FutureRevisionError";
}

/** The value is larger than the store ever takes. Nothing was changed. */
export class ValueTooLargeError extends Error {
  override name = "ValueTooLargeError";
}

/** The store cannot write (disk full, I/O error, closed). Reads may still work. */
export class StoreUnavailableError extends Error {
  override name = "StoreUnavailableError";
}
