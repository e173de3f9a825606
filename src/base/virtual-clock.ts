import { invariant } from "./assert.ts";
import type { Clock, Timer } from "./clock.ts";

interface Pending {
  dueMs: number;
  sequence: number;
  callback: () => void;
}

/** Time that stands still until a test moves it. Timers fire in order of due time, then of creation. */
export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;
  #sequence = 0;
  readonly #pending = new Set<Pending>();

  /** @param startMs wall time at the start, in milliseconds since the epoch */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
    this.#startMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs - this.#startMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    // Time that is not a number never passes: a test would spin for ever.
    invariant(!Number.isNaN(delayMs), "a timer's delay is a number");
    const pending: Pending = { dueMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence++, callback };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Moves time forward, firing what falls due and letting promises settle after each timer. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (let next = this.#earliest(untilMs); next !== undefined; next = this.#earliest(untilMs)) {
      this.#pending.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #earliest(untilMs: number): Pending | undefined {
    let found: Pending | undefined;
    for (const pending of this.#pending) {
      if (pending.dueMs > untilMs) continue;
      if (
        found === undefined ||
        pending.dueMs < found.dueMs ||
        (pending.dueMs === found.dueMs && pending.sequence < found.sequence)
      ) {
        found = pending;
      }
    }
    return found;
  }
}

/** Lets every promise that is ready run: a few turns of the real event loop. */
export async function settle(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
