import { systemClock } from "../../src/base/clock.ts";

interface Timed<T> {
  readonly value: T;
  readonly durationMs: number;
}

export async function timed<T>(action: () => Promise<T>): Promise<Timed<T>> {
  const start = systemClock.monotonic();
  const value = await action();
  return { value, durationMs: systemClock.monotonic() - start };
}
