import { nextTurn } from "./turn.ts";

/**
 * How many pieces of work may begin before everybody else has had a turn of the event loop. One thread computes for all, and
 * a hundred requests that begin together keep it for their whole sum. What is over the budget begins in a later turn, in
 * the order in which it asked.
 */
export interface TurnBudget {
  /** True when one more may begin now; else `resume` is called in a later turn, and asks again. */
  take(resume: () => void): boolean;
}

export function turnBudget(perTurn: number): TurnBudget {
  let taken = 0;
  let isResetting = false;
  const waiting = new Set<() => void>();
  const reset = async (): Promise<void> => {
    await nextTurn();
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
    take(resume) {
      const may = taken < perTurn;
      if (may) taken++;
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
