import type { Clock } from "../../base/clock.ts";

/** How many seats were wanted over a period. */
export interface DemandStatistics {
  readonly highest: number;
  readonly average: number;
  readonly deviation: number;
}

/** The demand for seats over time, as an integral: a moment's peak counts as long as it lasted. */
export class SeatDemand {
  readonly #clock: Clock;
  #current = 0;
  #highest = 0;
  #sum = 0;
  #squares = 0;
  #lastMs: number;
  #startMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastMs = clock.monotonic();
    this.#startMs = this.#lastMs;
  }

  set(seats: number): void {
    if (seats === this.#current) return;
    this.#integrate();
    this.#current = seats;
    if (seats > this.#highest) this.#highest = seats;
  }

  /** The period up to now; the next one begins. */
  harvest(): DemandStatistics {
    this.#integrate();
    const durationMs = this.#lastMs - this.#startMs;
    const average = durationMs <= 0 ? this.#current : this.#sum / durationMs;
    const variance = durationMs <= 0 ? 0 : this.#squares / durationMs - average * average;
    const statistics = { highest: this.#highest, average, deviation: Math.sqrt(Math.max(0, variance)) };
    this.#startMs = this.#lastMs;
    this.#sum = 0;
    this.#squares = 0;
    this.#highest = this.#current;
    return statistics;
  }

  #integrate(): void {
    const nowMs = this.#clock.monotonic();
    const passedMs = nowMs - this.#lastMs;
    this.#sum += this.#current * passedMs;
    this.#squares += this.#current * this.#current * passedMs;
    this.#lastMs = nowMs;
  }
}

/** Weight of the past when demand falls: a level that was busy keeps what it had for a while. */
const SMOOTHING = 0.977;

/** What a level is thought to want next: peaks at once, their end slowly. */
export function smoothedDemand(before: number, { average, deviation }: DemandStatistics): number {
  const envelope = average + deviation;
  return Math.max(envelope, SMOOTHING * before + (1 - SMOOTHING) * envelope);
}
