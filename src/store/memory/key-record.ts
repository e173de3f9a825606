import type { StoredValue } from "../store.ts";

/** A key with its present value; history has those of the past that nobody compacted yet. */
export interface KeyRecord {
  readonly key: string;
  readonly sortKey: string;
  /** Revision of the latest change, which gave `value`. */
  revision: number;
  /** Undefined when the latest change was a delete. */
  value: Buffer | undefined;
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
  return { key, sortKey, revision: 0, value: undefined, chunk: undefined };
}

/** What the key holds now; made when somebody asks, since there are very many keys. */
export function currentOf({ key, revision, value }: KeyRecord): StoredValue | undefined {
  return value && { key, revision, value };
}
