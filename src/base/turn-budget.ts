import { nextTurn } from "./turn.ts";

/** After so long a turn only half as many begin in the next one… */
const LONG_MS = 6;
/** … and after so short a one twice as many, up to the usual number. */
const SHORT_MS = 3;
const LEAST = 2;
/** So many before it is known how long they take. */
const FIRST = 4;
/** After so many all code has run often: turns that are long then are so because of others, who would keep less and less from beginning. */
const WARM_STARTS = 1_000;

/**
 * How many pieces of work may begin before everybody else has had a turn of the event loop. One thread computes for all, and
 * a hundred requests that begin together keep it for their whole sum. What is over the budget begins in a later turn, in
 * the order in which it asked.
 */
export interface TurnBudget {
  /**
   * True when one more may begin now; else `resume` is called in a later turn, and asks again.
   * @param share what it takes of the budget: less than 1 for what is over in a fraction of the usual time
   */
  take(resume: () => void, share?: number): boolean;
}

/**
 * @param most that may begin in one turn
 * @param computedMs how long this thread has computed: where it is told, less may begin at first while turns are long, because code
 *   runs for the first time
 */
export function turnBudget(most: number, computedMs?: () => number): TurnBudget {
  let perTurn = computedMs === undefined ? most : Math.min(FIRST, most);
  let taken = 0;
  let begun = 0;
  let isResetting = false;
  const waiting = new Set<() => void>();
  const reset = async (): Promise<void> => {
    const spentMs = computedMs?.() ?? 0;
    await nextTurn();
    // What has begun does most of its work when all have begun.
    const tookMs = (computedMs?.() ?? 0) - spentMs;
    begun += taken;
    if (begun >= WARM_STARTS) perTurn = most;
    else if (tookMs > LONG_MS) perTurn = Math.max(LEAST, perTurn >> 1);
    else if (tookMs < SHORT_MS) perTurn = Math.min(most, perTurn * 2);
    taken = 0;
    isResetting = false;
    // Only as many as may begin: the others keep their places, however many they are.
    for (const resume of waiting) {
      if (taken >= perTurn) break;
      waiting.delete(resume);
      resume();
    }
  };
  return {
    take(resume, share = 1) {
      const may = taken < perTurn;
      if (may) taken += share;
      else waiting.add(resume);
      // The turn's end is looked for only when the budget is spent: who asks seldom pays nothing.
      if (taken >= perTurn && !isResetting) {
        isResetting = true;
        void reset();
      }
      return may;
    },
  };
}

/** Nothing to wait for while the budget lasts; else resolves when one more may begin. */
export function nextStart(turns: TurnBudget): Promise<void> | undefined {
  let begin = (): void => {};
  const resume = (): void => {
    if (turns.take(resume)) begin();
  };
  if (turns.take(resume)) return undefined;
  return new Promise((resolve) => {
    begin = resolve;
  });
}

/** For tests of the order alone. */
export const endlessTurns: TurnBudget = { take: () => true };
