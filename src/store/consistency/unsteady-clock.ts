import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";

const DAY_MS = 24 * 60 * 60_000;

/** A host whose wall clock is set back and forth by up to a day, and whose timers are quick, so that tests are. */
export function unsteadyClock(clock: Clock, random: Random, speed: number): Clock {
  let offsetMs = 0;
  return {
    now() {
      if (random.fraction() < 0.2) offsetMs = (random.fraction() - 0.5) * 2 * DAY_MS;
      return clock.now() + offsetMs;
    },
    monotonic: () => clock.monotonic() * speed,
    setTimer: (callback, delayMs) => clock.setTimer(callback, delayMs / speed),
  };
}
