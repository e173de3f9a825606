import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "./clock.ts";
import { nextTurn } from "./turn.ts";
import { eachInTurns, turnTime } from "./turn-time.ts";

/** Time passes when somebody works. */
function workClock(): Clock & { work(ms: number): void } {
  let now = 0;
  return {
    now: () => now,
    monotonic: () => now,
    setTimer: () => ({ cancel() {} }),
    work(ms) {
      now += ms;
    },
  };
}

/** What each turn of the event loop did, until all is done. */
async function turnsOf(work: Promise<unknown>, clock: Clock): Promise<number[]> {
  const turns: number[] = [];
  let isDone = false;
  void work.then(() => {
    isDone = true;
  });
  for (let before = 0; !isDone; before = clock.monotonic()) {
    await nextTurn();
    turns.push(clock.monotonic() - before);
  }
  return turns;
}

test("very many steps take as many turns as they need, none of them long", async () => {
  const clock = workClock();
  const seen: number[] = [];
  const work = eachInTurns(clock, Array(1000).keys(), (number) => {
    clock.work(0.1);
    seen.push(number);
  });
  const turns = await turnsOf(work, clock);
  assert.deepEqual(seen, [...Array(1000).keys()]);
  assert.ok(Math.max(...turns) < 6, `${turns}`);
  assert.ok(turns.length < 40, `${turns.length} turns`);
});

test("all who have the same clock share its turns, and each gets its part", async () => {
  const clock = workClock();
  const done = [0, 0, 0];
  const ends: number[] = [];
  const works = done.map(async (_, which) => {
    await eachInTurns(clock, Array(400).keys(), () => {
      clock.work(0.1);
      done[which]!++;
    });
    ends.push(...done);
  });
  const turns = await turnsOf(Promise.all(works), clock);
  assert.ok(Math.max(...turns) < 6, `${turns}`);
  // When the first one was done, the others were not far behind.
  assert.ok(Math.min(...ends.slice(0, 3)) > 250, `${ends}`);
});

test("little work waits for nothing", () => {
  const time = turnTime(workClock());
  assert.equal(time.pause(), undefined);
  assert.equal(time.pause(), undefined);
});
