import { invariant } from "../../base/assert.ts";
import type { StoredValue, StoreEvent } from "../store.ts";
import { CHANGES_A_PAGE, PackedChanges, type Replaced } from "./packed-changes.ts";

/** What an event costs beyond the bytes that were replaced. */
const EVENT_OVERHEAD_BYTES = 50;
/**
 * So many of the latest changes stay as they were told: whoever is a little late gets the same objects as those who were not. What
 * older ones have replaced is copied, so that most of it need not live for longer than a young object.
 */
const RECENT_MAX = 2 * CHANGES_A_PAGE;

/** A change as it was told, and the revisions of the key's changes before and after it, 0 where there is none. */
interface Recent {
  readonly event: StoreEvent;
  readonly before: number;
  after: number;
}

/** Every change since the last compaction, without a gap, so that a revision is an index. */
export class History {
  readonly #packed: PackedChanges;
  #recent: Recent[] = [];
  #bytes = 0;

  /** @param beforeFirst the revision before the first event that will come */
  constructor(beforeFirst: number) {
    this.#packed = new PackedChanges(beforeFirst + 1);
  }

  get length(): number {
    return this.#packed.length + this.#recent.length;
  }

  /** Estimate of the memory that only history keeps alive: the replaced values and the list itself. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param before the revision of the key's change before this one; 0 when it is not known */
  append(event: StoreEvent, before: number): void {
    invariant(event.revision === this.#packed.firstRevision + this.length, "history has a gap");
    this.#recent.push({ event, before, after: 0 });
    if (before >= this.#packed.firstRevision) this.#setAfter(before, event.revision);
    this.#bytes += EVENT_OVERHEAD_BYTES + (event.previous?.value.length ?? 0);
    if (this.#recent.length > RECENT_MAX) this.#pack();
  }

  /** What the change at this revision has replaced; undefined when it is compacted. */
  at(revision: number): Replaced | undefined {
    if (revision < this.#packed.firstRevision) return undefined;
    const recent = this.#recentAt(revision);
    return recent === undefined ? this.#packed.at(revision) : replacedBy(recent);
  }

  /** The value that the change at this revision has replaced. */
  replacedAt({ revision, key, before }: Replaced): StoredValue | undefined {
    const recent = this.#recentAt(revision);
    if (recent !== undefined) return recent.event.previous;
    const value = this.#packed.replacedAt(revision);
    return value && { key, value, revision: before };
  }

  /**
   * What a packed change has given, when the key has changed since: found at the next change, for to look from the present on would
   * take as long as the key has changes.
   */
  #replacedAfter(revision: number): Buffer | undefined {
    const after = this.#packed.after(revision);
    const recent = this.#recentAt(after);
    if (recent !== undefined) return recent.event.previous?.value;
    return after === 0 ? undefined : this.#packed.replacedAt(after);
  }

  #setAfter(revision: number, after: number): void {
    const recent = this.#recentAt(revision);
    if (recent === undefined) this.#packed.setAfter(revision, after);
    else recent.after = after;
  }

  /**
   * Changes of a prefix after a revision, looking at no more than `limit` changes: bounded work, also when few match.
   * `revision` says how far it looked.
   *
   * @param current the value that the key has now
   */
  read(
    range: { prefix: string; afterRevision: number; limit: number },
    current: (key: string) => Buffer | undefined,
  ): { revision: number; events: StoreEvent[] } {
    const { prefix, afterRevision, limit } = range;
    const first = Math.max(this.#packed.firstRevision, afterRevision + 1);
    const end = Math.min(this.#packed.firstRevision + this.length, first + limit);
    const events: StoreEvent[] = [];
    for (let revision = first; revision < end; revision++) {
      const recent = this.#recentAt(revision);
      if (recent !== undefined) {
        if (recent.event.key.startsWith(prefix)) events.push(recent.event);
        continue;
      }
      const change = this.#packed.at(revision);
      if (!change.key.startsWith(prefix)) continue;
      const { type, key } = change;
      const previous = this.replacedAt(change);
      const value = type === "delete" ? previous?.value : (this.#replacedAfter(revision) ?? current(key));
      invariant(value !== undefined, `the value of ${key} at revision ${revision} is lost`);
      events.push({ type, key, revision, value, previous });
    }
    return { revision: end - 1, events };
  }

  /** Takes out the changes up to `revision`. Answers them: each is made when it is looked at. */
  takeUntil(revision: number): Iterable<Replaced> {
    const first = this.#packed.firstRevision;
    const end = Math.min(revision + 1, first + this.length);
    for (let next = first; next < end; next++) this.#bytes -= this.#costOf(next);
    const recent = this.#recent.splice(0, Math.max(0, end - first - this.#packed.length));
    return both(this.#packed.takeBefore(end), recent);
  }

  /** The earliest revision to compact at so that no more than this remains. */
  revisionLeaving(events: number, bytes: number): number {
    const beforeFirst = this.#packed.firstRevision - 1;
    let index = Math.max(0, this.length - events);
    let remaining = this.#bytes;
    for (let passed = 0; passed < index; passed++) remaining -= this.#costOf(beforeFirst + 1 + passed);
    while (remaining > bytes && index < this.length) remaining -= this.#costOf(beforeFirst + 1 + index++);
    return beforeFirst + index;
  }

  #pack(): void {
    this.#packed.add(this.#recent.splice(0, CHANGES_A_PAGE));
  }

  #recentAt(revision: number): Recent | undefined {
    return this.#recent[revision - this.#packed.firstRevision - this.#packed.length];
  }

  #costOf(revision: number): number {
    const recent = this.#recentAt(revision);
    const bytes = recent === undefined ? this.#packed.bytesAt(revision) : (recent.event.previous?.value.length ?? 0);
    return EVENT_OVERHEAD_BYTES + bytes;
  }
}

function replacedBy({ event, before }: Recent): Replaced {
  const { type, key, revision, previous } = event;
  return { type, key, revision, before, hadValue: previous !== undefined };
}

function* both(packed: Iterable<Replaced>, recent: readonly Recent[]): Generator<Replaced, void, undefined> {
  yield* packed;
  for (const each of recent) yield replacedBy(each);
}
