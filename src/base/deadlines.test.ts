import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadlines } from "./deadlines.ts";
import { VirtualClock } from "./virtual-clock.ts";

test("each ends after the length, unless cancelled", async () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock, 1000);
  const ended: string[] = [];
  deadlines.set(() => ended.push("first"));
  await clock.advance(400);
  const second = deadlines.set(() => ended.push("second"));
  deadlines.set(() => {
    ended.push("third");
    deadlines.set(() => ended.push("fourth"));
  });
  await clock.advance(599);
  assert.deepEqual(ended, []);
  await clock.advance(1);
  assert.deepEqual(ended, ["first"]);
  second.cancel();
  second.cancel();
  await clock.advance(399);
  assert.deepEqual(ended, ["first"]);
  await clock.advance(1);
  assert.deepEqual(ended, ["first", "third"]);
  await clock.advance(1000);
  assert.deepEqual(ended, ["first", "third", "fourth"]);
});

test("one timer is enough, and none is left when all are over", async () => {
  const clock = new VirtualClock();
  let timers = 0;
  const counted = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    setTimer(callback: () => void, delayMs: number) {
      timers++;
      return clock.setTimer(() => {
        timers--;
        callback();
      }, delayMs);
    },
  };
  const deadlines = new Deadlines(counted, 1000);
  for (let count = 0; count < 100; count++) {
    deadlines.set(() => assert.fail("cancelled")).cancel();
    await clock.advance(100);
    assert.ok(timers <= 1);
  }
  await clock.advance(2000);
  assert.equal(timers, 0);
});
