import type { Clock, Timer } from "./clock.ts";
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
  const slots = new Map<number, Set<() => void>>();

  function join(slot: number, callback: () => void): Set<() => void> {
    const known = slots.get(slot);
    if (known !== undefined) return known.add(callback);
    const callbacks = new Set([callback]);
    slots.set(slot, callbacks);
    clock.setTimer(
      () => {
        slots.delete(slot);
        void fireAll(callbacks);
      },
      slot * SLOT_MS - clock.monotonic(),
    );
    return callbacks;
  }

  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    setTimer(callback, delayMs): Timer {
      if (delayMs < COARSE_FROM_MS) return clock.setTimer(callback, delayMs);
      const fire = (): void => callback();
      const callbacks = join(Math.ceil((clock.monotonic() + delayMs) / SLOT_MS), fire);
      return { cancel: () => void callbacks.delete(fire) };
    },
  };
}

async function fireAll(callbacks: ReadonlySet<() => void>): Promise<void> {
  let fired = 0;
  for (const each of callbacks) {
    each();
    if (++fired % FIRED_A_TURN === 0) await nextTurn();
  }
}
