import { type Clock, sleep } from "../../base/clock.ts";

/** Nobody waits longer for somebody else: who holds a turn may itself wait for a webhook that writes the same object. */
const WAIT_MS = 5_000;

/**
 * Who writes an object anew because another was faster does so one after the other: side by side, each that succeeds would cost all
 * others one more attempt.
 */
export class Turns {
  /** By key: ends when the last in line has had its turn. */
  readonly #last = new Map<string, Promise<void>>();

  /**
   * Waits for those before.
   * @returns how to end the turn, which must be done
   */
  async take(key: string, { clock, signal }: { clock: Clock; signal?: AbortSignal | undefined }): Promise<() => void> {
    const before = this.#last.get(key);
    let end = (): void => {};
    const mine = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#last.set(key, mine);
    if (before !== undefined) await atMost(before, clock, signal);
    return () => {
      end();
      if (this.#last.get(key) === mine) this.#last.delete(key);
    };
  }
}

async function atMost(before: Promise<void>, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  const over = new AbortController();
  const either = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
  await Promise.race([before, sleep(clock, WAIT_MS, either)]);
  over.abort();
}
