import { ShortLivedMap } from "./short-lived-map.ts";

interface Waiter {
  readonly callback: () => void;
}

type Waiters = ShortLivedMap<Waiter, Waiter>;

const waiting = new WeakMap<AbortSignal, Waiters>();

/**
 * Calls back once when the signal aborts. One listener of the signal does for all, however many wait, because an event target's
 * own listeners are dear to add and to remove (2 us each), and loops do so at every turn.
 * @param signal one that has not aborted yet
 * @returns how to stop waiting
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const found = waiting.get(signal) ?? waitersOf(signal);
  // The same function may wait more than once.
  const waiter: Waiter = { callback };
  found.set(waiter, waiter);
  return () => void found.delete(waiter);
}

function waitersOf(signal: AbortSignal): Waiters {
  const waiters: Waiters = new ShortLivedMap();
  waiting.set(signal, waiters);
  signal.addEventListener("abort", () => tell(waiters), { once: true });
  return waiters;
}

function tell(waiters: Waiters): void {
  for (let first = waiters.first(); first !== undefined; first = waiters.first()) {
    waiters.delete(first);
    first.callback();
  }
}
