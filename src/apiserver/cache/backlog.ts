import type { StoreEvent } from "../../store/store.ts";
import type { EntryReader } from "./entry-reader.ts";

/** How many changes are read at once: conversions by webhook answer for many objects in one call. */
const BATCH = 100;
/** A cache that is so far behind is read anew instead. */
const WAITING_MAX = 10_000;

/**
 * Changes whose objects must be read (converted) before they can be shown: applied in their order, at once where reading
 * answers at once.
 */
export class Backlog {
  readonly #reader: EntryReader;
  readonly #apply: (event: StoreEvent, bytes: Buffer | undefined) => void;
  readonly #fail: () => void;
  #waiting: StoreEvent[] = [];
  #running = false;
  #abandoned = false;
  #waiters: { revision: number; resolve: () => void }[] = [];

  constructor(options: {
    reader: EntryReader;
    /** Gets what `reader` made of the event's value; nothing for a delete. */
    apply: (event: StoreEvent, bytes: Buffer | undefined) => void;
    /** An object could not be read, or too many wait: nothing will be applied any more. */
    fail: () => void;
  }) {
    this.#reader = options.reader;
    this.#apply = options.apply;
    this.#fail = options.fail;
  }

  /** Everything before this revision has been applied; undefined when nothing waits. */
  get firstRevision(): number | undefined {
    return this.#waiting[0]?.revision;
  }

  push(event: StoreEvent): void {
    if (this.#abandoned) return;
    this.#waiting.push(event);
    if (this.#waiting.length > WAITING_MAX) this.#giveUp();
    else if (!this.#running) this.#run();
  }

  /** Resolves when nothing at or before the revision waits any more, or never will be applied. */
  reached(revision: number): Promise<void> {
    const first = this.firstRevision;
    if (first === undefined || first > revision) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ revision, resolve }));
  }

  /** Nothing is applied from now on. */
  abandon(): void {
    this.#abandoned = true;
    this.#waiting = [];
    this.#wake();
  }

  #run(): void {
    this.#running = true;
    while (this.#waiting.length > 0 && !this.#abandoned) {
      const batch = this.#waiting.slice(0, BATCH);
      const puts = batch.filter((event) => event.type === "put");
      let read: ReturnType<EntryReader>;
      try {
        read = puts.length === 0 ? [] : this.#reader(puts);
      } catch {
        this.#giveUp();
        return;
      }
      if (read instanceof Promise) {
        read.then(
          (bytes) => {
            this.#take(batch, bytes);
            this.#run();
          },
          () => this.#giveUp(),
        );
        return;
      }
      this.#take(batch, read);
    }
    this.#running = false;
  }

  #take(batch: readonly StoreEvent[], bytes: readonly Buffer[]): void {
    if (this.#abandoned) return;
    let next = 0;
    for (const event of batch) this.#apply(event, event.type === "put" ? bytes[next++] : undefined);
    this.#waiting.splice(0, batch.length);
    this.#wake();
  }

  #giveUp(): void {
    if (this.#abandoned) return;
    this.abandon();
    this.#fail();
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const first = this.firstRevision ?? Number.POSITIVE_INFINITY;
    const due = this.#waiters.filter((waiter) => waiter.revision < first);
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision >= first);
    for (const waiter of due) waiter.resolve();
  }
}
