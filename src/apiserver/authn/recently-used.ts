/** A bounded map that forgets what was not used for longest. */
export class RecentlyUsed<V> {
  readonly #capacity: number;
  readonly #entries = new Map<string, V>();
  #newest: { readonly key: string; readonly value: V } | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): V | undefined {
    // Who asks for the same again and again, with a long key, is not made to look it up.
    if (key === this.#newest?.key) return this.#newest.value;
    const value = this.#entries.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.#newest = { key, value };
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#capacity) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  get size(): number {
    return this.#entries.size;
  }
}
