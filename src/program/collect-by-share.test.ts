import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/virtual-clock.ts";
import { collectByShare } from "./collect-by-share.ts";

const MIB = 1024 * 1024;

function heap(usedBytes: number) {
  let collected = (): void => {};
  const state = { used: usedBytes, begun: 0, stopped: false };
  const rule = { bytes: () => state.used, share: 1 / 4, leastBytes: 96 * MIB, begin: () => void state.begun++ };
  const collections = {
    onCollected(callback: () => void) {
      collected = callback;
    },
    stop() {
      state.stopped = true;
    },
  };
  const collect = (left: number): void => {
    state.used = left;
    collected();
  };
  return { state, rule, collections, collect };
}

test("a collection begins when a quarter has come to what the last one left, and once", async () => {
  const clock = new VirtualClock();
  const { state, rule, collections, collect } = heap(1000 * MIB);
  const early = collectByShare(clock, rule, collections);
  state.used = 1240 * MIB;
  await clock.advance(5_000);
  assert.equal(state.begun, 0);
  state.used = 1260 * MIB;
  await clock.advance(5_000);
  assert.equal(state.begun, 1, "it takes a while, and is not begun again");
  collect(1200 * MIB);
  state.used = 1490 * MIB;
  await clock.advance(5_000);
  assert.equal(state.begun, 1);
  state.used = 1510 * MIB;
  await clock.advance(1_000);
  assert.equal(state.begun, 2);
  await early.stop();
  assert.ok(state.stopped);
  collect(100 * MIB);
  state.used = 2000 * MIB;
  await clock.advance(5_000);
  assert.equal(state.begun, 2);
});

test("of little more may come than a quarter", async () => {
  const clock = new VirtualClock();
  const { state, rule, collections } = heap(20 * MIB);
  const early = collectByShare(clock, rule, collections);
  state.used = 110 * MIB;
  await clock.advance(5_000);
  assert.equal(state.begun, 0);
  state.used = 120 * MIB;
  await clock.advance(1_000);
  assert.equal(state.begun, 1);
  await early.stop();
});

test("what is freed after the collection that found it counts for the next one", async () => {
  const clock = new VirtualClock();
  const { state, rule, collections, collect } = heap(1000 * MIB);
  const early = collectByShare(clock, rule, collections);
  collect(1200 * MIB);
  state.used = 800 * MIB;
  await clock.advance(1_000);
  state.used = 1010 * MIB;
  await clock.advance(1_000);
  assert.equal(state.begun, 1);
  await early.stop();
});
