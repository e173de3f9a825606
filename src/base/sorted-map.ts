/** What knows its own key. */
interface Keyed {
  readonly key: string;
}

/**
 * A map of values by their keys that iterates in byte order from any key, for prefix scans over many keys.
 *
 * Values live in chunks of bounded size, so an insertion moves at most one chunk, and a scan runs through them without
 * looking up any key; a plain Map beside them finds the value of a key.
 * Comparison is by UTF-16 code unit, which for the ASCII keys of Kubernetes equals byte order.
 */
export class SortedMap<V extends Keyed> {
  readonly #values = new Map<string, V>();
  #chunks: V[][] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** Adds a value, in place of one with its key, which it answers. */
  set(value: V): V | undefined {
    const { key } = value;
    const { size } = this.#values;
    // Not looked up before: of very many keys that costs more than all the rest.
    this.#values.set(key, value);
    if (this.#values.size > size) {
      this.#insert(value);
      return undefined;
    }
    const chunk = this.#chunks[this.#chunkFor(key)]!;
    const at = lowerBound(chunk, key);
    const before = chunk[at]!;
    chunk[at] = value;
    return before;
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

  /** Values whose keys are `start` or come after it. Do not change the map while iterating. */
  *valuesFrom(start: string): Generator<V, void, undefined> {
    if (this.#chunks.length === 0) return;
    let at = this.#chunkFor(start);
    let index = lowerBound(this.#chunks[at]!, start);
    for (; at < this.#chunks.length; at++, index = 0) {
      const chunk = this.#chunks[at]!;
      for (; index < chunk.length; index++) yield chunk[index]!;
    }
  }

  /** Values of keys that start with `prefix`, in their order, from `start` on when given: the way to get very many of them. */
  valuesWithPrefix(prefix: string, options: { start?: string | undefined; limit?: number | undefined } = {}): V[] {
    const { start = prefix, limit = Number.POSITIVE_INFINITY } = options;
    const found: V[] = [];
    if (this.#chunks.length === 0) return found;
    const from = start < prefix ? prefix : start;
    let at = this.#chunkFor(from);
    let index = lowerBound(this.#chunks[at]!, from);
    for (; at < this.#chunks.length; at++, index = 0) {
      const chunk = this.#chunks[at]!;
      // Keys are in order: when the last one has the prefix, all have.
      const isInside = chunk.at(-1)!.key.startsWith(prefix);
      for (; index < chunk.length; index++) {
        const value = chunk[index]!;
        if ((!isInside && !value.key.startsWith(prefix)) || found.length >= limit) return found;
        found.push(value);
      }
    }
    return found;
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

  #insert(value: V): void {
    if (this.#chunks.length === 0) {
      this.#chunks.push([value]);
      return;
    }
    const at = this.#chunkFor(value.key);
    const chunk = this.#chunks[at]!;
    chunk.splice(lowerBound(chunk, value.key), 0, value);
    if (chunk.length > CHUNK_MAX) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK_MAX >> 1));
  }

  /** The last chunk whose first key is not greater than `key`, else the first chunk. */
  #chunkFor(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#chunks[middle]![0]!.key <= key) low = middle;
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

function lowerBound(values: readonly Keyed[], key: string): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
