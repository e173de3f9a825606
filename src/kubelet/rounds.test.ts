import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, VirtualClock } from "../base/virtual-clock.ts";
import { Rounds } from "./rounds.ts";

function setUp(round: (rounds: Rounds, times: number) => Promise<number | undefined>) {
  const clock = new VirtualClock();
  const done = { times: 0 };
  const rounds: Rounds = new Rounds(clock, { round: () => round(rounds, ++done.times) });
  return { clock, done, rounds };
}

test("work is done again after the time that it says, until it says none", async () => {
  const { clock, done, rounds } = setUp(async (_, times) => (times < 3 ? 1000 : undefined));
  rounds.hasten();
  await settle(20);
  assert.equal(done.times, 1);
  await clock.advance(999);
  assert.equal(done.times, 1);
  await clock.advance(1);
  assert.equal(done.times, 2);
  await clock.advance(60_000);
  assert.equal(done.times, 3);
});

test("who cannot wait has one more round after the one that is under way, never two at once", async () => {
  const open: (() => void)[] = [];
  const { clock, done, rounds } = setUp(async (self, times) => {
    if (times === 1) self.hasten();
    await new Promise<void>((resolve) => open.push(resolve));
    return 1000;
  });
  rounds.hasten();
  rounds.hasten();
  await settle(20);
  assert.deepEqual([done.times, open.length], [1, 1]);
  open[0]!();
  await settle(20);
  assert.deepEqual([done.times, open.length], [2, 2]);
  open[1]!();
  await settle(20);
  rounds.hasten();
  await settle(20);
  assert.equal(done.times, 3);
  open[2]!();
  await clock.advance(999);
  assert.equal(done.times, 3);
});

test("it stops when the round that is under way is over", async () => {
  const open = Promise.withResolvers<void>();
  const { clock, done, rounds } = setUp(async () => {
    await open.promise;
    return 1000;
  });
  rounds.hasten();
  let isStopped = false;
  const stopping = rounds.stop().then(() => {
    isStopped = true;
  });
  await settle(20);
  assert.equal(isStopped, false);
  open.resolve();
  await stopping;
  rounds.hasten();
  await clock.advance(60_000);
  assert.equal(done.times, 1);
});
