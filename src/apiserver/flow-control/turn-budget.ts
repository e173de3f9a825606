import { nextTurn } from "../../base/turn.ts";

/**
 * How many requests may begin before everybody else has had a turn of the event loop. A seat bounds how many requests wait
 * for the store or a webhook at once; but one thread computes for all, and a hundred requests that begin together keep it
 * for their whole sum. What is over the budget begins in the next turn, in fair order.
 */
export interface TurnBudget {
  /** True when one more may begin now; else `resume` is called in a later turn. */
  take(resume: () => void): boolean;
}

export function turnBudget(startsPerTurn: number): TurnBudget {
  let taken = 0;
  let isResetting = false;
  const waiting = new Set<() => void>();
  const reset = async (): Promise<void> => {
    await nextTurn();
    taken = 0;
    isResetting = false;
    const resumed = [...waiting];
    waiting.clear();
    for (const resume of resumed) resume();
  };
  return {
    take(resume) {
      const may = taken < startsPerTurn;
      if (may) taken++;
      else waiting.add(resume);
      // The turn's end is looked for only when the budget is spent: who asks seldom pays nothing.
      if (taken >= startsPerTurn && !isResetting) {
        isResetting = true;
        void reset();
      }
      return may;
    },
  };
}

/** For tests of the order alone. */
export const endlessTurns: TurnBudget = { take: () => true };
