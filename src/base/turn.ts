/** Lets everything else that is ready run first: long work gives the event loop its turns. No time passes by any clock. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
