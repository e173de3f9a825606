import { nextTurn } from "../../base/turn.ts";

/**
 * Counts pieces of work: after each portion of so many, the event loop gets its turn. Definitions may be large, and nobody else
 * shall wait for them.
 *
 * @returns a promise to await, or undefined when the portion is not done yet
 */
export function portions(size: number): () => Promise<void> | undefined {
  let done = 0;
  return () => {
    done++;
    return done % size === 0 ? nextTurn() : undefined;
  };
}
