import type { Clock } from "../base/clock.ts";

/** npm, timeout and shells pass a signal on that the whole process group has got already: that is the same wish, not a second. */
const SAME_WISH_MS = 1000;

/** What to do about signals that ask the program to end: the first stops it in order, a later one at once. */
export function interrupts(options: { clock: Clock; stop(): void; leave(): void }): () => void {
  let firstAt: number | undefined;
  return () => {
    const now = options.clock.monotonic();
    if (firstAt === undefined) {
      firstAt = now;
      options.stop();
    } else if (now - firstAt >= SAME_WISH_MS) options.leave();
  };
}
