import assert from "node:assert/strict";
import { test } from "node:test";
import { coarseClock } from "./coarse-clock.ts";
import { nextTurn } from "./turn.ts";
import { VirtualClock } from "./virtual-clock.ts";

test("long timers fire together at the end of their slot, never early; short ones and cancelled ones as ever", async () => {
  const virtual = new VirtualClock();
  const clock = coarseClock(virtual);
  const fired: string[] = [];
  const note = (name: string) => () => void fired.push(`${name} ${clock.monotonic()}`);
  await virtual.advance(30);
  clock.setTimer(note("a"), 10_000);
  await virtual.advance(20);
  clock.setTimer(note("b"), 10_000);
  clock.setTimer(note("cancelled"), 10_000).cancel();
  clock.setTimer(note("exact"), 9950);
  clock.setTimer(note("short"), 999);
  await virtual.advance(60_000);
  assert.deepEqual(fired, ["short 1049", "exact 10000", "a 10100", "b 10100"]);
});

test("a timer that is cancelled by another of its slot does not fire", async () => {
  const virtual = new VirtualClock();
  const clock = coarseClock(virtual);
  let fired = 0;
  clock.setTimer(() => second.cancel(), 2000);
  const second = clock.setTimer(() => fired++, 2000);
  await virtual.advance(5000);
  assert.equal(fired, 0);
});

test("of very many timers in one slot a few fire in one turn of the event loop", async () => {
  const virtual = new VirtualClock();
  const clock = coarseClock(virtual);
  let fired = 0;
  const turns: number[] = [];
  for (let number = 0; number < 200; number++) clock.setTimer(() => fired++, 2000);
  const last = clock.setTimer(() => fired++, 2000);
  const advanced = virtual.advance(2000);
  for (let turn = 0; turn < 10; turn++) {
    turns.push(fired);
    await nextTurn();
    // Those that have not fired yet can still be cancelled.
    if (fired > 0) last.cancel();
  }
  await advanced;
  assert.equal(fired, 200);
  assert.ok(new Set(turns).size >= 4, `${turns}`);
});
