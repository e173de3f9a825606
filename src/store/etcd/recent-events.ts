import type { StoreEvent, WatchBatch } from "../store.ts";

/** What an event costs beyond the bytes that it keeps alive. */
const EVENT_OVERHEAD_BYTES = 200;
/** So many events are looked at in one go. */
const READ_LIMIT = 1000;

export interface RecentLimits {
  readonly events: number;
  readonly bytes: number;
}

/** The last changes below one prefix, without a gap from `start` to `end`; how many depends on the limits. */
export class RecentEvents {
  readonly #limits: RecentLimits;
  #events: StoreEvent[] = [];
  #head = 0;
  #bytes = 0;
  #start: number;
  #end: number;

  constructor(revision: number, limits: RecentLimits) {
    this.#start = revision;
    this.#end = revision;
    this.#limits = limits;
  }

  /** Every change after this revision is here … */
  get start(): number {
    return this.#start;
  }

  /** … up to this one. */
  get end(): number {
    return this.#end;
  }

  add({ revision, events }: WatchBatch): void {
    for (const event of events) {
      this.#events.push(event);
      this.#bytes += bytesOf(event);
    }
    this.#end = revision;
    this.#forget();
  }

  /** Forgets all, and goes on from here. */
  restart(revision: number): void {
    this.#events = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#start = revision;
    this.#end = revision;
  }

  /** The next changes of a prefix after a revision that is not before `start`; undefined when there is nothing new. */
  read(prefix: string, afterRevision: number): WatchBatch | undefined {
    if (afterRevision >= this.#end) return undefined;
    const found: StoreEvent[] = [];
    let index = this.#indexAfter(afterRevision);
    for (let looked = 0; index < this.#events.length; index++, looked++) {
      const event = this.#events[index]!;
      // Changes of one revision stay together.
      if (looked >= READ_LIMIT && event.revision !== this.#events[index - 1]!.revision) break;
      if (event.key.startsWith(prefix)) found.push(event);
    }
    const revision = index === this.#events.length ? this.#end : this.#events[index - 1]!.revision;
    return { revision, events: found };
  }

  #indexAfter(revision: number): number {
    let low = this.#head;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #forget(): void {
    while (
      this.#head < this.#events.length &&
      (this.#events.length - this.#head > this.#limits.events || this.#bytes > this.#limits.bytes)
    ) {
      const event = this.#events[this.#head]!;
      this.#bytes -= bytesOf(event);
      this.#start = event.revision;
      this.#head++;
    }
    if (this.#head < 1024 || this.#head < this.#events.length / 2) return;
    this.#events = this.#events.slice(this.#head);
    this.#head = 0;
  }
}

function bytesOf(event: StoreEvent): number {
  return EVENT_OVERHEAD_BYTES + event.value.length + (event.previous?.value.length ?? 0);
}
