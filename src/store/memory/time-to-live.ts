import type { Clock, Timer } from "../../base/clock.ts";

export interface ExpiryOptions {
  clock: Clock;
  /** Removes keys whose time is over; answers those that could not be removed and are tried again. */
  expire(keys: readonly string[]): Promise<readonly string[]>;
}

const RETRY_AFTER_SECONDS = 5;

/**
 * Which key goes away when, in whole seconds of the clock's monotonic time: one bucket a second and one timer for the
 * earliest, however many keys there are. A key goes at most a second late and never early.
 */
export class Expiry {
  readonly #options: ExpiryOptions;
  readonly #dueSecond = new Map<string, number>();
  readonly #buckets = new Map<number, Set<string>>();
  /** Seconds that have a bucket, latest first, so that the earliest is taken from the end. */
  readonly #seconds: number[] = [];
  #timer: Timer | undefined;
  #timerSecond = Number.POSITIVE_INFINITY;

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** Lets a key go away after so many seconds, or never (undefined); replaces what was set for it. */
  set(key: string, seconds: number | undefined): void {
    if (this.#dueSecond.size > 0) this.#clear(key);
    if (seconds === undefined) return;
    const due = Math.ceil(this.#options.clock.monotonic() / 1000 + Math.max(0, seconds));
    this.#dueSecond.set(key, due);
    const bucket = this.#buckets.get(due);
    if (bucket === undefined) {
      this.#buckets.set(due, new Set([key]));
      this.#seconds.splice(this.#indexOf(due), 0, due);
    } else bucket.add(key);
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#buckets.clear();
    this.#dueSecond.clear();
    this.#seconds.length = 0;
  }

  #clear(key: string): void {
    const due = this.#dueSecond.get(key);
    if (due === undefined) return;
    this.#dueSecond.delete(key);
    const bucket = this.#buckets.get(due);
    bucket?.delete(key);
    if (bucket?.size !== 0) return;
    this.#buckets.delete(due);
    this.#seconds.splice(this.#indexOf(due), 1);
  }

  /** Where a second stands, or would stand, among those that have a bucket. */
  #indexOf(second: number): number {
    let low = 0;
    let high = this.#seconds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#seconds[middle]! > second) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #arm(): void {
    const earliest = this.#seconds.at(-1);
    if (earliest === undefined || (this.#timer !== undefined && this.#timerSecond <= earliest)) return;
    this.#timer?.cancel();
    this.#timerSecond = earliest;
    const delayMs = Math.max(0, earliest * 1000 - this.#options.clock.monotonic());
    this.#timer = this.#options.clock.setTimer(() => void this.#fire(), delayMs);
  }

  async #fire(): Promise<void> {
    this.#timer = undefined;
    const nowSeconds = this.#options.clock.monotonic() / 1000;
    const due: string[] = [];
    while (this.#seconds.length > 0 && this.#seconds.at(-1)! <= nowSeconds) {
      const second = this.#seconds.pop()!;
      for (const key of this.#buckets.get(second) ?? []) {
        due.push(key);
        this.#dueSecond.delete(key);
      }
      this.#buckets.delete(second);
    }
    this.#arm();
    for (const key of await this.#options.expire(due)) {
      if (!this.#dueSecond.has(key)) this.set(key, RETRY_AFTER_SECONDS);
    }
  }
}
