import type { Clock, Timer } from "./clock.ts";
import { ShortLivedMap } from "./short-lived-map.ts";

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
  readonly #waiting = new ShortLivedMap<Deadline, Deadline>();
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
    waiting.set(deadline, deadline);
    this.#timer ??= this.#clock.setTimer(this.#look, this.#lengthMs);
    return deadline;
  }

  readonly #look = (): void => {
    const nowMs = this.#clock.monotonic();
    for (let first = this.#waiting.first(); first !== undefined; first = this.#waiting.first()) {
      if (first.dueMs > nowMs) {
        this.#timer = this.#clock.setTimer(this.#look, first.dueMs - nowMs);
        return;
      }
      this.#waiting.delete(first);
      first.callback();
    }
    this.#timer = undefined;
  };
}
