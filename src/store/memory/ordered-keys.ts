import { invariant, present } from "../../base/assert.ts";
import type { KeyChunk, KeyRecord } from "./key-record.ts";

const MAXIMUM_CHUNK_LENGTH = 512;
/** Chunks that are built full get some room, so that the first keys that come do not split them all. */
const BUILT_CHUNK_LENGTH = 384;

/** A place between keys. */
export interface KeyPosition {
  readonly chunk: number;
  readonly offset: number;
}

/**
 * Keys in order, in chunks of a few hundred: insert and remove shift one chunk, a scan walks plain arrays, and a count
 * adds up the chunks' numbers instead of visiting every key.
 */
export class OrderedKeys {
  readonly #chunks: KeyChunk[] = [];
  readonly #heldAt: (record: KeyRecord, revision: number) => boolean;

  /** @param heldAt whether a key held a value at a revision */
  constructor(heldAt: (record: KeyRecord, revision: number) => boolean) {
    this.#heldAt = heldAt;
  }

  /** Takes in all records at once, in any order, while it is empty: much faster than one by one. */
  build(records: KeyRecord[]): void {
    invariant(this.#chunks.length === 0, "only an empty order is built");
    records.sort((left, right) => (left.sortKey < right.sortKey ? -1 : 1));
    for (let first = 0; first < records.length; first += BUILT_CHUNK_LENGTH) {
      const chunk: KeyChunk = {
        records: records.slice(first, first + BUILT_CHUNK_LENGTH),
        live: 0,
        changedRevision: 0,
      };
      for (const record of chunk.records) {
        record.chunk = chunk;
        if (record.value !== undefined) chunk.live++;
        chunk.changedRevision = Math.max(chunk.changedRevision, record.revision);
      }
      this.#chunks.push(chunk);
    }
  }

  /** The first place whose key is not below `sortKey`. */
  seek(sortKey: string): KeyPosition {
    const chunk = this.#chunkFor(sortKey);
    if (chunk < 0) return { chunk: 0, offset: 0 };
    const records = this.#chunks[chunk]!.records;
    const offset = lowerBound(records, sortKey);
    return offset === records.length ? { chunk: chunk + 1, offset: 0 } : { chunk, offset };
  }

  /** The place behind the last key. */
  end(): KeyPosition {
    return { chunk: this.#chunks.length, offset: 0 };
  }

  /** Adds a record whose key is not there yet. */
  insert(record: KeyRecord): void {
    const index = Math.max(0, this.#chunkFor(record.sortKey));
    let chunk = this.#chunks[index];
    if (chunk === undefined) {
      chunk = { records: [], live: 0, changedRevision: 0 };
      this.#chunks.push(chunk);
    }
    chunk.records.splice(lowerBound(chunk.records, record.sortKey), 0, record);
    record.chunk = chunk;
    if (chunk.records.length > MAXIMUM_CHUNK_LENGTH) this.#split(index);
  }

  /** Takes out a record that holds no value any more. */
  remove(record: KeyRecord): void {
    const index = this.#chunkFor(record.sortKey);
    const chunk = present(this.#chunks[index], "chunk of a key");
    chunk.records.splice(lowerBound(chunk.records, record.sortKey), 1);
    record.chunk = undefined;
    const next = this.#chunks[index + 1];
    if (chunk.records.length === 0) this.#chunks.splice(index, 1);
    else if (next !== undefined && chunk.records.length + next.records.length <= MAXIMUM_CHUNK_LENGTH / 2) {
      this.#merge(index);
    }
  }

  /** Visits the records between two places in order, until `visit` answers false; answers the place behind the last one. */
  scan(from: KeyPosition, to: KeyPosition, visit: (record: KeyRecord) => boolean): KeyPosition {
    for (let chunk = from.chunk; chunk <= to.chunk && chunk < this.#chunks.length; chunk++) {
      const records = this.#chunks[chunk]!.records;
      const last = chunk === to.chunk ? to.offset : records.length;
      for (let offset = chunk === from.chunk ? from.offset : 0; offset < last; offset++) {
        if (!visit(records[offset]!)) return { chunk, offset: offset + 1 };
      }
    }
    return to;
  }

  /** How many keys between two places held a value at `revision`. */
  count(from: KeyPosition, to: KeyPosition, revision: number): number {
    let total = 0;
    for (let index = from.chunk; index <= to.chunk && index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index]!;
      const first = index === from.chunk ? from.offset : 0;
      const last = index === to.chunk ? to.offset : chunk.records.length;
      if (first === 0 && last === chunk.records.length && chunk.changedRevision <= revision) {
        total += chunk.live;
        continue;
      }
      for (let offset = first; offset < last; offset++) {
        if (this.#heldAt(chunk.records[offset]!, revision)) total++;
      }
    }
    return total;
  }

  /** The last chunk whose first key is not above `sortKey`; -1 when all are. */
  #chunkFor(sortKey: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#chunks[middle]!.records[0]!.sortKey <= sortKey) low = middle + 1;
      else high = middle;
    }
    return low === 0 && this.#chunks.length > 0 ? 0 : low - 1;
  }

  #split(index: number): void {
    const chunk = this.#chunks[index]!;
    // Keys that come in order fill their chunks; others leave both halves room.
    const isLast = index === this.#chunks.length - 1;
    const records = chunk.records.splice(isLast ? MAXIMUM_CHUNK_LENGTH : MAXIMUM_CHUNK_LENGTH / 2);
    const added: KeyChunk = { records, live: 0, changedRevision: chunk.changedRevision };
    for (const record of records) {
      record.chunk = added;
      if (record.value !== undefined) added.live++;
    }
    chunk.live -= added.live;
    this.#chunks.splice(index + 1, 0, added);
  }

  #merge(index: number): void {
    const chunk = this.#chunks[index]!;
    const [next] = this.#chunks.splice(index + 1, 1);
    for (const record of next!.records) {
      record.chunk = chunk;
      chunk.records.push(record);
    }
    chunk.live += next!.live;
    chunk.changedRevision = Math.max(chunk.changedRevision, next!.changedRevision);
  }
}

function lowerBound(records: readonly KeyRecord[], sortKey: string): number {
  let low = 0;
  let high = records.length;
  if (high > 0 && records[high - 1]!.sortKey < sortKey) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (records[middle]!.sortKey < sortKey) low = middle + 1;
    else high = middle;
  }
  return low;
}
