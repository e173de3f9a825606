/** Somebody to be woken. */
export interface Sleeper {
  wake(): void;
}

/**
 * A bounded queue between a producer that must not wait and one consumer that reads with `for await`.
 * When it is full, `push` answers false and the producer decides (usually: close the slow consumer).
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #capacity: number;
  #items: T[] = [];
  #head = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  #sleeper: Sleeper | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Adds an item; false when the queue is full or ended, and then the item is not in it. */
  push(item: T): boolean {
    if (this.#ended || this.length >= this.#capacity) return false;
    this.#items.push(item);
    this.#signal();
    return true;
  }

  /** No further items. The consumer still gets what is queued, then the end, or the error. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#signal();
  }

  /** All that is queued, at least one item, when there is some; undefined at the end. @throws the error that it ended with */
  takeAll(): Promise<readonly T[] | undefined> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (this.length > 0) resolve(this.#all());
        // Not at once: who puts one in often puts in more.
        else if (!this.#ended) this.#wake = () => queueMicrotask(look);
        else if (this.#error === undefined) resolve(undefined);
        else reject(this.#error);
      };
      look();
    });
  }

  /** Wakes somebody once, when there is something or the end: for whom a promise would be too much, as there are very many. */
  whenAny(sleeper: Sleeper): void {
    this.#sleeper = sleeper;
    if (this.length > 0 || this.#ended) this.#signal();
  }

  #all(): readonly T[] {
    const items = this.#head === 0 ? this.#items : this.#items.slice(this.#head);
    this.#items = [];
    this.#head = 0;
    return items;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        while (this.length > 0) yield this.#shift();
        if (this.#ended) {
          if (this.#error !== undefined) throw this.#error;
          return;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.end();
    }
  }

  #shift(): T {
    const item = this.#items[this.#head] as T;
    this.#items[this.#head] = undefined as T;
    this.#head++;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
    const sleeper = this.#sleeper;
    if (sleeper === undefined) return;
    this.#sleeper = undefined;
    // Not at once: who puts one in often puts in more.
    queueMicrotask(() => sleeper.wake());
  }
}
