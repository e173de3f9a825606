/** So many additions go into one map, or twice as many as it holds; then a new one takes over what is there. */
const LEAST_ADDITIONS = 64;

/**
 * A map for what comes and goes all the time, as requests do: like Map, in the order of additions, and without what that does to
 * the garbage collector. V8's Map makes itself a new table whenever the old one is full of removed entries, and the old table keeps
 * a reference to the new one for the sake of iterators. Once a table is in the old generation, so are one after the other all that
 * follow, dead or not, with all that was ever in them when they were replaced: scavenges copy what is long over (measured: 20 KB a
 * request) and only a full collection frees it. Here the tables do not know each other.
 */
export class ShortLivedMap<K, V> {
  #map = new Map<K, V>();
  #additionsLeft = LEAST_ADDITIONS;

  get size(): number {
    return this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  set(key: K, value: V): void {
    if (--this.#additionsLeft < 0) {
      this.#map = new Map(this.#map);
      this.#additionsLeft = Math.max(LEAST_ADDITIONS, 2 * this.#map.size);
    }
    this.#map.set(key, value);
  }

  delete(key: K): boolean {
    return this.#map.delete(key);
  }

  clear(): void {
    this.#map = new Map();
  }

  /** The value that was added first. */
  first(): V | undefined {
    for (const value of this.#map.values()) return value;
    return undefined;
  }

  /** Nothing may be added while they are looked through. */
  values(): Iterable<V> {
    return this.#map.values();
  }
}
