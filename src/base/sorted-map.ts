/**
 * A map from strings that iterates in byte order from any key, for prefix scans over many keys.
 *
 * Keys live in chunks of bounded size, so an insertion moves at most one chunk; values are in a plain Map beside them.
 * Comparison is by UTF-16 code unit, which for the ASCII keys of Kubernetes equals byte order.
 */
export class SortedMap<V> {
  readonly #values = new Map<string, V>();
  #chunks: string[][] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) this.#insert(key);
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    if (!this.#values.delete(key)) return false;
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at]!;
    chunk.splice(lowerBound(chunk, key), 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
    return true;
  }

  clear(): void {
    this.#values.clear();
    this.#chunks = [];
  }

  /** Entries from `start` (inclusive) on. Do not change the map while iterating. */
  *entriesFrom(start: string): Generator<[string, V], void, undefined> {
    if (this.#chunks.length === 0) return;
    let at = this.#chunkFor(start);
    let index = lowerBound(this.#chunks[at]!, start);
    for (; at < this.#chunks.length; at++, index = 0) {
      const chunk = this.#chunks[at]!;
      for (; index < chunk.length; index++) yield [chunk[index]!, this.#values.get(chunk[index]!)!];
    }
  }

  /** Entries whose key starts with `prefix`, from `start` on when given. */
  *entriesWithPrefix(prefix: string, start = prefix): Generator<[string, V], void, undefined> {
    for (const entry of this.entriesFrom(start < prefix ? prefix : start)) {
      if (!entry[0].startsWith(prefix)) return;
      yield entry;
    }
  }

  /** How many keys start with `prefix` and are not before `start`. */
  countWithPrefix(prefix: string, start = prefix): number {
    return Math.max(0, this.#rank(after(prefix)) - this.#rank(start < prefix ? prefix : start));
  }

  #rank(key: string): number {
    if (this.#chunks.length === 0) return 0;
    const at = this.#chunkFor(key);
    let rank = lowerBound(this.#chunks[at]!, key);
    for (let index = 0; index < at; index++) rank += this.#chunks[index]!.length;
    return rank;
  }

  #insert(key: string): void {
    if (this.#chunks.length === 0) {
      this.#chunks.push([key]);
      return;
    }
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at]!;
    chunk.splice(lowerBound(chunk, key), 0, key);
    if (chunk.length > CHUNK_MAX) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK_MAX >> 1));
  }

  /** The last chunk whose first key is not greater than `key`, else the first chunk. */
  #chunkFor(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#chunks[middle]![0]! <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

const CHUNK_MAX = 512;

/** The first key that is greater than all keys with that prefix. */
function after(prefix: string): string {
  return `${prefix}\uffff`;
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
