import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** Exit code of a process that awaits a timer of the system's clock, and nothing else. */
function exitCodeAwaiting(work: string): number | null {
  const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const program = `const { sleep, systemClock } = await import(${url("../base/clock.ts")});
    const { keepAlive } = await import(${url("wait.ts")});
    await ${work};
    process.exit(0);`;
  return spawnSync(process.execPath, ["--input-type=module", "--eval", program]).status;
}

test("work that consists of the clock's timers is done when it is kept alive", () => {
  assert.equal(exitCodeAwaiting("keepAlive(sleep(systemClock, 20))"), 0);
});

test("timers alone, and work that is done, keep no process alive", () => {
  assert.equal(exitCodeAwaiting("sleep(systemClock, 20)"), 13);
  assert.equal(exitCodeAwaiting("keepAlive(sleep(systemClock, 20)).then(() => sleep(systemClock, 20))"), 13);
});
