/** A binary heap whose items can be found, replaced and removed by key. */
export class KeyedHeap<T> {
  readonly #items: T[] = [];
  readonly #places = new Map<string, number>();
  readonly #keyOf: (item: T) => string;
  readonly #less: (a: T, b: T) => boolean;

  constructor(options: { keyOf: (item: T) => string; less: (a: T, b: T) => boolean }) {
    this.#keyOf = options.keyOf;
    this.#less = options.less;
  }

  get size(): number {
    return this.#items.length;
  }

  get(key: string): T | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#items[place];
  }

  /** The least item. */
  peek(): T | undefined {
    return this.#items[0];
  }

  /** Adds the item, in place of one with its key. */
  push(item: T): void {
    const key = this.#keyOf(item);
    const place = this.#places.get(key) ?? this.#items.length;
    this.#items[place] = item;
    this.#places.set(key, place);
    this.#settle(place);
  }

  pop(): T | undefined {
    const least = this.#items[0];
    if (least !== undefined) this.remove(this.#keyOf(least));
    return least;
  }

  /** Removes and answers the item with that key. */
  remove(key: string): T | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const removed = this.#items[place]!;
    const last = this.#items.pop()!;
    this.#places.delete(key);
    if (place < this.#items.length) {
      this.#items[place] = last;
      this.#places.set(this.#keyOf(last), place);
      this.#settle(place);
    }
    return removed;
  }

  /** In no order. */
  values(): readonly T[] {
    return this.#items;
  }

  #settle(place: number): void {
    this.#sink(this.#rise(place));
  }

  #rise(from: number): number {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#less(this.#items[place]!, this.#items[parent]!)) break;
      this.#swap(place, parent);
      place = parent;
    }
    return place;
  }

  #sink(from: number): void {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      const right = left + 1;
      let least = place;
      if (left < this.#items.length && this.#less(this.#items[left]!, this.#items[least]!)) least = left;
      if (right < this.#items.length && this.#less(this.#items[right]!, this.#items[least]!)) least = right;
      if (least === place) return;
      this.#swap(place, least);
      place = least;
    }
  }

  #swap(a: number, b: number): void {
    const left = this.#items[a]!;
    const right = this.#items[b]!;
    this.#items[a] = right;
    this.#items[b] = left;
    this.#places.set(this.#keyOf(right), a);
    this.#places.set(this.#keyOf(left), b);
  }
}
