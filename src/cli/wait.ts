import { setTimeout } from "node:timers/promises";

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Waits and keeps the process alive meanwhile, which the clock's timers do not. */
export async function pause(delayMs: number): Promise<void> {
  await setTimeout(delayMs);
}

/** Waits for work that may consist of the clock's timers alone, and keeps the process alive meanwhile. */
export async function keepAlive<T>(work: Promise<T>): Promise<T> {
  const handle = setInterval(() => {}, 60_000);
  try {
    return await work;
  } finally {
    clearInterval(handle);
  }
}
