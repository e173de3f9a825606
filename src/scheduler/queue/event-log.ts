import type { ClusterEvent } from "./cluster-event.ts";

/**
 * What happened while pods were in their cycle. A pod that comes back rejected must not miss what happened meanwhile, so
 * events are kept as long as a pod that began before them is under way. When too many pile up the oldest are given up, and
 * pods that began before that count as concerned.
 */
export class EventLog {
  readonly #capacity: number;
  #events: ClusterEvent[] = [];
  #firstSequence = 0;
  readonly #started = new Map<string, number>();

  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#events.length;
  }

  begin(uid: string): void {
    this.#started.set(uid, this.#firstSequence + this.#events.length);
  }

  isUnderWay(uid: string): boolean {
    return this.#started.has(uid);
  }

  record(event: ClusterEvent): void {
    if (this.#started.size === 0) return;
    this.#events.push(event);
    if (this.#events.length <= this.#capacity) return;
    this.#drop(this.#needless());
    if (this.#events.length > this.#capacity) this.#drop(this.#capacity >> 1);
  }

  /** Ends the pod's cycle: what happened since it began, or "unknown" when that was too much to keep. */
  end(uid: string): readonly ClusterEvent[] | "unknown" {
    const began = this.#started.get(uid);
    if (began === undefined) return [];
    const happened = began < this.#firstSequence ? "unknown" : this.#events.slice(began - this.#firstSequence);
    this.forget(uid);
    return happened;
  }

  /** The same when nobody asks what happened, as for nearly all pods: hundreds are under way at once, and thousands of events kept. */
  forget(uid: string): void {
    if (!this.#started.delete(uid)) return;
    const needless = this.#needless();
    // What is left is moved: seldom enough that each event is moved once.
    if (needless * 2 >= this.#events.length) this.#drop(needless);
  }

  /** Events that came before every pod that is under way began. */
  #needless(): number {
    // Insertion order is the order of beginning: the first entry is the oldest.
    for (const oldest of this.#started.values()) return Math.max(0, oldest - this.#firstSequence);
    return this.#events.length;
  }

  #drop(count: number): void {
    if (count === 0) return;
    this.#events = this.#events.slice(count);
    this.#firstSequence += count;
  }
}
