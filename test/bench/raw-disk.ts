import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { systemClock } from "../../src/base/clock.ts";

const DURATION_MS = 1000;

/** How often a second this disk takes 2 KB appended and made durable: what one durable create at a time is compared with. */
export function rawPerSecond(path: string): number {
  const value = Buffer.alloc(2048, "v");
  const file = openSync(path, "w");
  try {
    const begun = systemClock.monotonic();
    let count = 0;
    for (; systemClock.monotonic() - begun < DURATION_MS; count++) {
      writeSync(file, value);
      fdatasyncSync(file);
    }
    return (count * 1000) / (systemClock.monotonic() - begun);
  } finally {
    closeSync(file);
  }
}
