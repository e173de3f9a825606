import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** Exit code of a process that awaits a timer of the system's clock, and nothing else. */
function exitCodeAwaitingTimer(before: string): number | null {
  const clock = JSON.stringify(new URL("clock.ts", import.meta.url).href);
  const program = `const { keepProcessAlive, sleep, systemClock } = await import(${clock});
    ${before}
    await sleep(systemClock, 20);
    process.exit(0);`;
  return spawnSync(process.execPath, ["--input-type=module", "--eval", program]).status;
}

test("a process whose parts wait for timers only lives until they have stopped", () => {
  assert.equal(exitCodeAwaitingTimer("keepProcessAlive();"), 0);
});

test("without it, or after it was taken back, timers keep no process alive", () => {
  assert.equal(exitCodeAwaitingTimer(""), 13);
  assert.equal(exitCodeAwaitingTimer("keepProcessAlive()();"), 13);
});
