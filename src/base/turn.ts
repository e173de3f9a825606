/** Lets everything else that is ready run first: long work gives the event loop its turns. No time passes by any clock. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Resolves when the promises that are due have run, and what they have written to connections in a turn of its own has gone out. */
export function answersOut(): Promise<void> {
  // Not by setImmediate alone: what is written later in this turn would go out after that.
  return new Promise((resolve) => process.nextTick(() => setImmediate(resolve)));
}
