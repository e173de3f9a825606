import { CompactedError, type StoreEvent, type WatchBatch } from "../store.ts";
import { isBelow, type KeySpace } from "./keys.ts";
import { DELETE, type WatchEvent, type WatchResponse } from "./messages.ts";
import type { OwnWrites } from "./own-writes.ts";
import { storedValue } from "./reads.ts";

export interface AssemblyOptions {
  readonly keys: KeySpace;
  readonly ownWrites: OwnWrites;
  /** Keys of other prefixes are left out. */
  readonly prefix: Buffer;
  /** An answer without events says how far the watch is, and is true. */
  readonly trustsProgress: boolean;
  /** Everything up to here has been seen. */
  readonly cursor: number;
}

/** Makes batches of etcd's answers: whole revisions, each once. */
export class WatchAssembly {
  readonly #options: AssemblyOptions;
  #cursor: number;
  /** Events of answers that were cut in pieces. */
  #pieces: WatchEvent[] = [];

  constructor(options: AssemblyOptions) {
    this.#options = options;
    this.#cursor = options.cursor;
  }

  /**
   * The batch that is complete with this answer, if it says something new.
   * @throws CompactedError when an event has lost what was there before it: history was forgotten while it was read
   */
  take(response: WatchResponse): WatchBatch | undefined {
    if (response.events.length === 0 && !response.fragment) return this.#progress(response);
    this.#pieces.push(...response.events);
    if (response.fragment) return undefined;
    const pieces = this.#pieces;
    this.#pieces = [];
    const revision = pieces.at(-1)?.kv.mod_revision ?? 0;
    if (revision <= this.#cursor) return undefined;
    const events: StoreEvent[] = [];
    for (const piece of pieces) {
      if (piece.kv.mod_revision <= this.#cursor || !isBelow(this.#options.prefix, piece.kv.key)) continue;
      const key = this.#options.keys.fromEtcd(piece.kv.key);
      if (key !== undefined) events.push(storeEvent(key, piece, this.#options.ownWrites));
    }
    this.#cursor = revision;
    return { revision, events };
  }

  #progress(response: WatchResponse): WatchBatch | undefined {
    const { revision } = response.header;
    if (!this.#options.trustsProgress || response.created || revision <= this.#cursor) return undefined;
    if (this.#pieces.length > 0) return undefined;
    this.#cursor = revision;
    return { revision, events: [] };
  }
}

function storeEvent(key: string, { type, kv, prev_kv }: WatchEvent, ownWrites: OwnWrites): StoreEvent {
  const revision = kv.mod_revision;
  const previous = prev_kv === null ? undefined : storedValue(key, prev_kv);
  const isCreated = type !== DELETE && kv.version === 1;
  if (previous === undefined && !isCreated) throw new CompactedError(revision - 1, revision);
  if (type === DELETE) return { type: "delete", key, revision, value: previous!.value, previous };
  const value = ownWrites.valueOf(key, revision, kv.value);
  return previous === undefined || isCreated
    ? { type: "put", key, revision, value }
    : { type: "put", key, revision, value, previous };
}
