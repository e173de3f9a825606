import { invariant } from "../../base/assert.ts";
import {
  CompactedError,
  FutureRevisionError,
  type ListRequest,
  type ListResult,
  type StoredValue,
  type StoreEvent,
} from "../store.ts";
import { History } from "./history.ts";
import { endOfPrefix, sortKeyOf } from "./key-order.ts";
import { currentOf, type KeyRecord, newRecord } from "./key-record.ts";
import { OrderedKeys } from "./ordered-keys.ts";
import type { Replaced } from "./packed-changes.ts";

/** Revision of a store that nobody wrote to, as in etcd: a client never sees 0, which means "any" in Kubernetes. */
export const FIRST_REVISION = 1;

/** One write that was decided: a value, or its removal. */
export interface Change {
  readonly key: string;
  /** Undefined removes the key. */
  readonly value: Buffer | undefined;
  readonly timeToLiveSeconds?: number | undefined;
}

/** All durable versions of all keys. Synchronous, and without any idea of durability: the engine applies what is safe. */
export class VersionedMap {
  readonly #records = new Map<string, KeyRecord>();
  readonly #ordered = new OrderedKeys((record, revision) => this.#heldAt(record, revision));
  #history = new History(FIRST_REVISION);
  #revision = FIRST_REVISION;
  #compactedRevision = 0;
  /** The order of keys is made at the end of a restore. */
  #restoring = false;

  get revision(): number {
    return this.#revision;
  }

  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  /** Keys in memory: those that hold a value, and removed ones that history still knows. */
  get keyCount(): number {
    return this.#records.size;
  }

  get history(): History {
    return this.#history;
  }

  /** @throws CompactedError, FutureRevisionError */
  get(key: string, revision?: number): StoredValue | undefined {
    if (revision !== undefined) this.checkRevision(revision);
    const record = this.#records.get(key);
    return record === undefined ? undefined : this.#valueAt(record, revision ?? this.#revision);
  }

  /** @throws CompactedError, FutureRevisionError */
  list(request: ListRequest): ListResult {
    const revision = request.revision ?? this.#revision;
    this.checkRevision(revision);
    const sortPrefix = sortKeyOf(request.prefix);
    let startKey = sortKeyOf(request.startKey ?? "");
    if (startKey < sortPrefix) startKey = sortPrefix;
    const endKey = endOfPrefix(sortPrefix);
    const end = endKey === undefined ? this.#ordered.end() : this.#ordered.seek(endKey);
    if (endKey !== undefined && startKey >= endKey) return { revision, items: [], remaining: 0 };
    const start = this.#ordered.seek(startKey);
    const limit = request.limit ?? Number.POSITIVE_INFINITY;
    const items: StoredValue[] = [];
    if (limit <= 0) return { revision, items, remaining: this.#ordered.count(start, end, revision) };
    const behind = this.#ordered.scan(start, end, (record) => {
      const stored = this.#valueAt(record, revision);
      if (stored !== undefined) items.push(stored);
      return items.length < limit;
    });
    return { revision, items, remaining: items.length < limit ? 0 : this.#ordered.count(behind, end, revision) };
  }

  /** Gives the change the next revision. */
  apply(change: Change): StoreEvent {
    const revision = this.#revision + 1;
    const present = this.#records.get(change.key);
    const previous = present && currentOf(present);
    const before = present?.revision ?? 0;
    const { key } = this.#set(change, revision, present);
    this.#revision = revision;
    const value = change.value ?? previous?.value;
    invariant(value !== undefined, `key ${change.key} is removed though it is not there`);
    const type = change.value === undefined ? "delete" : "put";
    const event: StoreEvent = { type, key, revision, value, previous };
    this.#history.append(event, before);
    return event;
  }

  /** Changes of a prefix, as History.read gives them. */
  read(prefix: string, afterRevision: number, limit: number): { revision: number; events: StoreEvent[] } {
    return this.#history.read({ prefix, afterRevision, limit }, (key) => this.#records.get(key)?.value);
  }

  /**
   * From now on nothing before `revision` can be read. Answers the changes whose predecessors are to be forgotten, each by
   * `forgetReplaced`: there may be very many of them. Undefined when that was so before.
   * @throws FutureRevisionError
   */
  beginCompaction(revision: number): Iterable<Replaced> | undefined {
    if (revision > this.#revision) this.checkRevision(revision);
    if (revision <= this.#compactedRevision) return undefined;
    this.#compactedRevision = revision;
    return this.#history.takeUntil(revision);
  }

  /**
   * Forgets what this change replaced, and adds to `forgotten` the revisions of the changes that no reader can see any more:
   * replaced values and removals. A key's removal comes after all of its earlier values, so that a log which drops them in
   * this order and is interrupted never brings a removed key back.
   */
  forgetReplaced(change: Replaced, forgotten: number[]): void {
    if (change.hadValue) forgotten.push(change.before);
    if (change.type !== "delete") return;
    forgotten.push(change.revision);
    const record = this.#records.get(change.key);
    if (record === undefined || record.value !== undefined) return;
    if (record.revision <= this.#compactedRevision) this.#forget(record);
  }

  /** Begins to fill an empty map with what a log kept: history is whole after `compactedRevision`. */
  beginRestore(compactedRevision: number): void {
    invariant(this.#records.size === 0, "only an empty map is restored");
    this.#restoring = true;
    this.#compactedRevision = compactedRevision;
    this.#revision = Math.max(FIRST_REVISION, compactedRevision);
    this.#history = new History(this.#revision);
  }

  /**
   * The next change that a log kept, in order of revision. Adds to `forgotten` as `forgetReplaced` does: a log may hold changes
   * that compaction had not reached when the process ended.
   */
  restore(change: Change, revision: number, forgotten: number[]): void {
    if (revision > this.#compactedRevision) {
      this.apply(change);
      return;
    }
    const replaced = this.#records.get(change.key);
    if (replaced?.value !== undefined) forgotten.push(replaced.revision);
    const record = this.#set(change, revision, replaced);
    if (change.value !== undefined) return;
    forgotten.push(revision);
    this.#forget(record);
  }

  /** The restored map can be read. */
  endRestore(): void {
    this.#restoring = false;
    this.#ordered.build([...this.#records.values()]);
  }

  /** @throws CompactedError, FutureRevisionError */
  checkRevision(revision: number): void {
    if (revision < this.#compactedRevision) throw new CompactedError(revision, this.#compactedRevision);
    if (revision > this.#revision) {
      throw new FutureRevisionError(`revision ${revision} is in the future; the store is at ${this.#revision}`);
    }
  }

  /** What the key held at a revision. */
  #valueAt(record: KeyRecord, revision: number): StoredValue | undefined {
    if (record.revision <= revision) return currentOf(record);
    const change = this.#changeAfter(record, revision);
    return change?.hadValue === true ? this.#history.replacedAt(change) : undefined;
  }

  #heldAt(record: KeyRecord, revision: number): boolean {
    if (record.revision <= revision) return record.value !== undefined;
    return this.#changeAfter(record, revision)?.hadValue === true;
  }

  /** The key's first change after a revision at which it has changed since. */
  #changeAfter(record: KeyRecord, revision: number): Replaced | undefined {
    let change = this.#history.at(record.revision);
    while (change !== undefined && change.before > revision) change = this.#history.at(change.before);
    return change;
  }

  #set(change: Change, revision: number, present: KeyRecord | undefined): KeyRecord {
    let record = present;
    if (record === undefined) {
      record = newRecord(change.key, sortKeyOf(change.key));
      this.#records.set(change.key, record);
      if (!this.#restoring) this.#ordered.insert(record);
    }
    const chunk = record.chunk;
    if (chunk !== undefined) {
      chunk.live += Number(change.value !== undefined) - Number(record.value !== undefined);
      chunk.changedRevision = revision;
    }
    record.revision = revision;
    record.value = change.value;
    return record;
  }

  #forget(record: KeyRecord): void {
    this.#records.delete(record.key);
    if (!this.#restoring) this.#ordered.remove(record);
  }
}
