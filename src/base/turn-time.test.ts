import assert from "node:assert/strict";
import { test } from "node:test";
import { turnsUntil, WorkClock } from "./testing/work-clock.ts";
import { nextTurn } from "./turn.ts";
import { eachInTurns, turnTime } from "./turn-time.ts";

test("very many steps take as many turns as they need, none of them long", async () => {
  const clock = new WorkClock();
  const seen: number[] = [];
  const work = eachInTurns(clock, Array(1000).keys(), (number) => {
    clock.work(0.1);
    seen.push(number);
  });
  const turns = await turnsUntil(work, clock);
  assert.deepEqual(seen, [...Array(1000).keys()]);
  assert.ok(Math.max(...turns) < 6, `${turns}`);
  assert.ok(turns.length < 40, `${turns.length} turns`);
});

test("all who have the same clock share its turns, and each gets its part", async () => {
  const clock = new WorkClock();
  const done = [0, 0, 0];
  const ends: number[] = [];
  const works = done.map(async (_, which) => {
    await eachInTurns(clock, Array(400).keys(), () => {
      clock.work(0.1);
      done[which]!++;
    });
    ends.push(...done);
  });
  const turns = await turnsUntil(Promise.all(works), clock);
  // What one leaves of its turn is the next one's, whose first steps may go beyond it.
  assert.ok(Math.max(...turns) < 6.5, `${turns}`);
  // When the first one was done, the others were not far behind.
  assert.ok(Math.min(...ends.slice(0, 3)) > 250, `${ends}`);
});

test("little work waits for nothing", () => {
  const time = turnTime(new WorkClock());
  assert.equal(time.pause(), undefined);
  assert.equal(time.pause(), undefined);
});

test("very many who wait with little to do share turns", async () => {
  const clock = new WorkClock();
  const time = turnTime(clock);
  let done = 0;
  const work = async (): Promise<void> => {
    await time.pause();
    clock.work(0.1);
    await Promise.resolve();
    done++;
  };
  assert.equal(time.pause(), undefined);
  clock.work(5);
  const turns = await turnsUntil(Promise.all(Array.from({ length: 200 }, work)), clock);
  assert.equal(done, 200);
  assert.ok(turns.length < 12, `${turns}`);
  assert.ok(Math.max(...turns) < 5, `${turns}`);
});

test("work that comes when the code has gone on counts: less of it begins in a turn", async () => {
  const clock = new WorkClock();
  const time = turnTime(clock);
  const begun: number[] = [0];
  const work = async (): Promise<void> => {
    const pause = time.pause();
    if (pause !== undefined) await pause;
    clock.work(0.1);
    time.owe(0.9);
    begun[begun.length - 1]!++;
  };
  const done = Promise.all(Array.from({ length: 40 }, work));
  for (let turn = 0; turn < 50; turn++) {
    await nextTurn();
    begun.push(0);
  }
  await done;
  assert.ok(Math.max(...begun) <= 5, `${begun}`);
});
