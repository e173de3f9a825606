import type { Clock, Timer } from "./clock.ts";
import { ShortLivedMap } from "./short-lived-map.ts";
import { nextTurn } from "./turn.ts";

/** Timers that may take so long are put together; shorter ones are left as they are. */
const COARSE_FROM_MS = 1000;
const SLOT_MS = 100;
/**
 * Timers of a slot that fire in one turn of the event loop. Whoever was late together is in one slot ever after: thousands in one
 * turn kept the loop for seconds.
 */
const FIRED_A_TURN = 64;

/**
 * The same time, with long timers of very many owners put together: they fire up to a tenth of a second late, those of a slot one
 * after another, so that what they send is written together and one timer of the host's does for hundreds.
 */
export function coarseClock(clock: Clock): Clock {
  const slots = new ShortLivedMap<number, Set<CoarseTimer>>();

  function timersOf(slot: number): Set<CoarseTimer> {
    const known = slots.get(slot);
    if (known !== undefined) return known;
    const timers = new Set<CoarseTimer>();
    slots.set(slot, timers);
    clock.setTimer(
      () => {
        slots.delete(slot);
        void fireAll(timers);
      },
      slot * SLOT_MS - clock.monotonic(),
    );
    return timers;
  }

  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    setTimer(callback, delayMs): Timer {
      if (delayMs < COARSE_FROM_MS) return clock.setTimer(callback, delayMs);
      return new CoarseTimer(timersOf(Math.ceil((clock.monotonic() + delayMs) / SLOT_MS)), callback);
    },
  };
}

/** A class, because there are as many as nodes have loops, and nearly all of them wait. */
class CoarseTimer implements Timer {
  readonly #together: Set<CoarseTimer>;
  readonly #callback: () => void;

  constructor(together: Set<CoarseTimer>, callback: () => void) {
    this.#together = together;
    this.#callback = callback;
    together.add(this);
  }

  fire(): void {
    this.#callback();
  }

  cancel(): void {
    this.#together.delete(this);
  }
}

async function fireAll(timers: ReadonlySet<CoarseTimer>): Promise<void> {
  let fired = 0;
  for (const each of timers) {
    each.fire();
    if (++fired % FIRED_A_TURN === 0) await nextTurn();
  }
}
