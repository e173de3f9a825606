import { AssertionError } from "node:assert/strict";
import { setTimeout } from "node:timers/promises";

const TIMEOUT_MS = 20_000;
const PAUSE_MS = 50;

/**
 * Looks again and again until `look` answers something that is neither undefined, false nor an error, and returns it.
 *
 * @throws AssertionError when the time is over; it tells what was waited for and what the last look said
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  options: { readonly timeoutMs?: number } = {},
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  do {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await setTimeout(PAUSE_MS);
  } while (performance.now() < deadline);
  const why = last instanceof Error ? `: ${last.message}` : "";
  throw new AssertionError({ message: `not within ${timeoutMs / 1000} s: ${what}${why}` });
}
