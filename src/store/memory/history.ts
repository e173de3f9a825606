import { invariant } from "../../base/assert.ts";
import type { StoredValue, StoreEvent } from "../store.ts";

/** What an event costs beyond the bytes that it keeps alive. */
const EVENT_OVERHEAD_BYTES = 200;

/** A change as it is kept: of a key that was not there before, what the store holds anyway says all. */
type Kept = StoreEvent | StoredValue;

/** Every change since the last compaction, without a gap, so that a revision is an index. */
export class History {
  #events: Kept[] = [];
  #beforeFirst: number;
  #bytes = 0;

  /** @param beforeFirst the revision before the first event that will come */
  constructor(beforeFirst: number) {
    this.#beforeFirst = beforeFirst;
  }

  get length(): number {
    return this.#events.length;
  }

  /** Estimate of the memory that only history keeps alive: the replaced values and the list itself. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param event of a key that was not there before: its value */
  append(event: Kept): void {
    invariant(event.revision === this.#beforeFirst + this.#events.length + 1, "history has a gap");
    this.#events.push(event);
    this.#bytes += bytesOf(event);
  }

  /**
   * Changes of a prefix after a revision, looking at no more than `limit` changes: bounded work, also when few match.
   * `revision` says how far it looked.
   */
  read(prefix: string, afterRevision: number, limit: number): { revision: number; events: StoreEvent[] } {
    const first = Math.max(0, afterRevision - this.#beforeFirst);
    const last = Math.min(this.#events.length, first + limit);
    const events: StoreEvent[] = [];
    for (let index = first; index < last; index++) {
      const event = this.#events[index]!;
      if (event.key.startsWith(prefix)) events.push(eventOf(event));
    }
    return { revision: this.#beforeFirst + last, events };
  }

  /** Takes out the changes up to `revision`. */
  takeUntil(revision: number): StoreEvent[] {
    const count = Math.max(0, Math.min(this.#events.length, revision - this.#beforeFirst));
    const taken = this.#events.slice(0, count);
    this.#events = this.#events.slice(count);
    this.#beforeFirst += count;
    for (const event of taken) this.#bytes -= bytesOf(event);
    return taken.map(eventOf);
  }

  /** The earliest revision to compact at so that no more than this remains. */
  revisionLeaving(events: number, bytes: number): number {
    let index = Math.max(0, this.#events.length - events);
    let remaining = this.#bytes;
    for (let passed = 0; passed < index; passed++) remaining -= bytesOf(this.#events[passed]!);
    while (remaining > bytes && index < this.#events.length) remaining -= bytesOf(this.#events[index++]!);
    return this.#beforeFirst + index;
  }
}

function eventOf(kept: Kept): StoreEvent {
  if ("type" in kept) return kept;
  const { key, revision, value } = kept;
  return { type: "put", key, revision, value, previous: undefined };
}

function bytesOf(kept: Kept): number {
  return EVENT_OVERHEAD_BYTES + ("type" in kept ? (kept.previous?.value.length ?? 0) : 0);
}
