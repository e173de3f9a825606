import type { Clock, Timer } from "./clock.ts";

interface Deadline extends Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/**
 * Deadlines of one length, at the cost of one timer however many there are: they end in the order in which they began, so
 * the timer is that of the first. Most are cancelled long before, which costs a deletion.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #lengthMs: number;
  readonly #waiting = new Set<Deadline>();
  #timer: Timer | undefined;

  constructor(clock: Clock, lengthMs: number) {
    this.#clock = clock;
    this.#lengthMs = lengthMs;
  }

  /** Calls back once, after the length, unless cancelled. */
  set(callback: () => void): Timer {
    const waiting = this.#waiting;
    const deadline: Deadline = {
      dueMs: this.#clock.monotonic() + this.#lengthMs,
      callback,
      cancel: () => void waiting.delete(deadline),
    };
    waiting.add(deadline);
    this.#timer ??= this.#clock.setTimer(this.#look, this.#lengthMs);
    return deadline;
  }

  readonly #look = (): void => {
    const nowMs = this.#clock.monotonic();
    for (const deadline of this.#waiting) {
      if (deadline.dueMs > nowMs) {
        this.#timer = this.#clock.setTimer(this.#look, deadline.dueMs - nowMs);
        return;
      }
      this.#waiting.delete(deadline);
      deadline.callback();
    }
    this.#timer = undefined;
  };
}
