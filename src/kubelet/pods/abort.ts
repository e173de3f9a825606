/** The work was given up because something more important came, such as the pod's end. */
export class InterruptedError extends Error {
  override name = "InterruptedError";
}

/** Waits for `work`, but no longer than until the signal aborts; the work itself goes on, and its error is nobody's. */
export function interruptible<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => {});
  if (signal.aborted) return Promise.reject(new InterruptedError("interrupted"));
  return new Promise<T>((resolve, reject) => {
    const interrupt = () => reject(new InterruptedError("interrupted"));
    signal.addEventListener("abort", interrupt);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", interrupt));
  });
}
