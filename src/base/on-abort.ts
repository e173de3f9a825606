const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when the signal aborts. One listener of the signal does for all, however many wait, because an event target's
 * own listeners are dear to add and to remove (2 us each), and loops do so at every turn.
 * @param signal one that has not aborted yet
 * @returns how to stop waiting
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = waiting.get(signal);
  if (callbacks === undefined) {
    callbacks = new Set();
    waiting.set(signal, callbacks);
    const all = callbacks;
    signal.addEventListener("abort", () => tell(all), { once: true });
  }
  // The same function may wait more than once.
  const each = (): void => callback();
  const found = callbacks;
  found.add(each);
  return () => void found.delete(each);
}

function tell(callbacks: Set<() => void>): void {
  for (const callback of callbacks) {
    callbacks.delete(callback);
    callback();
  }
}
