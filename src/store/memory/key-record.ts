import type { StoredValue } from "../store.ts";

/** What a key held before, from `revision` until the next entry (or the record's own revision). */
export interface PastValue {
  readonly revision: number;
  readonly stored: StoredValue | undefined;
}

/** A key with its present value and those of the past that nobody compacted yet. */
export interface KeyRecord {
  readonly key: string;
  readonly sortKey: string;
  /** Revision of the latest change, which gave `current`. */
  revision: number;
  /** Undefined when the latest change was a delete. */
  current: StoredValue | undefined;
  /** Oldest first; undefined when there is nothing to remember, which is the state at rest. */
  past: PastValue[] | undefined;
  /** Where OrderedKeys holds it. */
  chunk: KeyChunk | undefined;
}

/** A run of neighbouring keys. */
export interface KeyChunk {
  records: KeyRecord[];
  /** How many of them hold a value now. */
  live: number;
  /** Latest change of any of them: at or after it, `live` is exact for a reader. */
  changedRevision: number;
}

export function newRecord(key: string, sortKey: string): KeyRecord {
  return { key, sortKey, revision: 0, current: undefined, past: undefined, chunk: undefined };
}

/** What the key held at a revision. */
export function valueAt(record: KeyRecord, revision: number): StoredValue | undefined {
  if (record.revision <= revision) return record.current;
  const past = record.past;
  return past === undefined ? undefined : past[lastAtOrBefore(past, revision)]?.stored;
}

/** Forgets what was replaced at or before `revision`. */
export function trimPast(record: KeyRecord, revision: number): void {
  const past = record.past;
  if (past === undefined) return;
  if (record.revision <= revision) {
    record.past = undefined;
    return;
  }
  let first = Math.max(0, lastAtOrBefore(past, revision));
  while (first < past.length && past[first]!.stored === undefined) first++;
  if (first === past.length) record.past = undefined;
  else if (first > 0) record.past = past.slice(first);
}

/** Index of the entry that was in force at `revision`; -1 when that is before the first. */
function lastAtOrBefore(past: readonly PastValue[], revision: number): number {
  let low = 0;
  let high = past.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (past[middle]!.revision <= revision) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
