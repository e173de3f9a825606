import type { Clock } from "../clock.ts";
import { nextTurn } from "../turn.ts";
import { VirtualClock } from "../virtual-clock.ts";

/** A clock on which time also passes when a test says that somebody works. */
export class WorkClock extends VirtualClock {
  #workedMs = 0;

  work(ms: number): void {
    this.#workedMs += ms;
  }

  override monotonic(): number {
    return super.monotonic() + this.#workedMs;
  }
}

/** How long each turn of the event loop was, by the clock, until something has been done. */
export async function turnsUntil(done: Promise<unknown>, clock: Clock): Promise<number[]> {
  const turns: number[] = [];
  let isDone = false;
  const ended = done.finally(() => {
    isDone = true;
  });
  for (let before = clock.monotonic(); !isDone; ) {
    await nextTurn();
    const now = clock.monotonic();
    turns.push(now - before);
    before = now;
  }
  await ended;
  return turns;
}
