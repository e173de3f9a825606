import type { Clock } from "./clock.ts";
import { nextTurn } from "./turn.ts";

/** So long all long work together may hold up everybody else. */
const TURN_MS = 4;
/** To look at the clock costs as much as a short step. */
const STEPS_BETWEEN_LOOKS = 16;

/**
 * The time in a turn of the event loop for work that is long and need not be done at once: pieces of lists, looks at all
 * objects. Whoever does such work asks on the way whether it may go on. All of it together, however much is under way, takes
 * little more than `TURN_MS` of a turn.
 */
export interface TurnTime {
  /**
   * Nothing to wait for while this turn has time left; else resolves when the work may go on, in the order of asking. The
   * work must follow at once: of many who ask before any of them works, all are told that there is time.
   */
  pause(): Promise<void> | undefined;
  /** Counts work that this turn still has to do when the caller has gone on: what was written has to be encrypted. */
  owe(milliseconds: number): void;
}

const shared = new WeakMap<Clock, TurnTime>();

/** One for all who have the same clock. */
export function turnTime(clock: Clock): TurnTime {
  let found = shared.get(clock);
  if (found === undefined) {
    found = newTurnTime(clock);
    shared.set(clock, found);
  }
  return found;
}

function newTurnTime(clock: Clock): TurnTime {
  const waiting: (() => void)[] = [];
  let isUnderWay = false;
  let endsMs = 0;
  const begin = (over: Promise<void>): void => {
    isUnderWay = true;
    endsMs = clock.monotonic() + TURN_MS;
    void over.then(end);
  };
  const end = (): void => {
    isUnderWay = false;
    if (waiting.length === 0) return;
    begin(nextTurn());
    resume();
  };
  const resume = (): void => {
    waiting.shift()?.();
    // Little work of very many must not take a turn each: the next one goes on when this one has done what it wanted. A tick
    // that a microtask asks for comes when no microtask is left.
    queueMicrotask(() => {
      process.nextTick(() => {
        if (waiting.length > 0 && clock.monotonic() < endsMs) resume();
      });
    });
  };
  return {
    pause() {
      if (isUnderWay) {
        return clock.monotonic() < endsMs ? undefined : new Promise((resolve) => waiting.push(resolve));
      }
      // Work that a socket woke is at the beginning of a turn, in which the next immediate still runs.
      begin(nextTurn().then(nextTurn));
      return undefined;
    },
    owe(milliseconds) {
      endsMs -= milliseconds;
    },
  };
}

/** Does something with each of very many items, in as many turns as that takes. */
export async function eachInTurns<T>(clock: Clock, items: Iterable<T>, work: (item: T) => void): Promise<void> {
  const time = turnTime(clock);
  let steps = 0;
  for (const item of items) {
    if (steps++ % STEPS_BETWEEN_LOOKS === 0) {
      const pause = time.pause();
      if (pause !== undefined) await pause;
    }
    work(item);
  }
}
