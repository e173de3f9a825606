import type { Clock, Timer } from "./clock.ts";

/** Somebody who is to be told when a time has come. */
export interface Alarmed {
  alarm(): void;
}

const UNIT_MS = 1000;

/**
 * Alarms at times of their own, up to a second late, at the cost of one timer however many there are: for what exists ten
 * thousand times and waits for long.
 */
export class Alarms {
  readonly #clock: Clock;
  /** By the second in which they are due; mostly one alone. */
  readonly #due = new Map<number, Alarmed | readonly Alarmed[]>();
  #timer: Timer | undefined;
  #timerSecond = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls back once, unless cancelled. Answers the second in which it is due, by which it is cancelled. */
  set(alarmed: Alarmed, delayMs: number): number {
    const second = Math.ceil((this.#clock.monotonic() + delayMs) / UNIT_MS);
    const others = this.#due.get(second);
    this.#due.set(second, others === undefined ? alarmed : [...allOf(others), alarmed]);
    if (second < this.#timerSecond) this.#wait(second);
    return second;
  }

  /** @param second what `set` answered */
  cancel(alarmed: Alarmed, second: number): void {
    const all = this.#due.get(second);
    if (all === undefined) return;
    const left = allOf(all).filter((each) => each !== alarmed);
    if (left.length === 0) this.#due.delete(second);
    else this.#due.set(second, left.length === 1 ? left[0]! : left);
  }

  #wait(second: number): void {
    this.#timer?.cancel();
    this.#timerSecond = second;
    this.#timer = this.#clock.setTimer(this.#ring, second * UNIT_MS - this.#clock.monotonic());
  }

  readonly #ring = (): void => {
    const now = this.#clock.monotonic() / UNIT_MS;
    const due = [...this.#due.keys()].filter((second) => second <= now).toSorted((a, b) => a - b);
    this.#timer = undefined;
    this.#timerSecond = Number.POSITIVE_INFINITY;
    for (const second of due) {
      const all = this.#due.get(second);
      this.#due.delete(second);
      if (all !== undefined) for (const alarmed of allOf(all)) alarmed.alarm();
    }
    let next = Number.POSITIVE_INFINITY;
    for (const second of this.#due.keys()) next = Math.min(next, second);
    if (next < this.#timerSecond) this.#wait(next);
  };
}

function allOf(alarmed: Alarmed | readonly Alarmed[]): readonly Alarmed[] {
  return Array.isArray(alarmed) ? alarmed : [alarmed as Alarmed];
}
