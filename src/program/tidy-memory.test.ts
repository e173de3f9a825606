import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/virtual-clock.ts";
import { type ProcessMemory, tidyMemory } from "./tidy-memory.ts";

const MIB = 1024 * 1024;

function process() {
  const state = { heap: 50 * MIB, used: 20 * MIB, busy: 0, collections: 0 };
  const memory: ProcessMemory = {
    heapBytes: () => state.heap,
    usedBytes: () => state.used,
    busy: () => state.busy,
    collect() {
      state.collections++;
      state.heap = state.used;
    },
  };
  return { state, memory };
}

test("an idle process gives memory back soon after its start, and again only when it has grown", async () => {
  const clock = new VirtualClock();
  const { state, memory } = process();
  const tidy = tidyMemory(clock, memory);
  await clock.advance(5_000);
  assert.equal(state.collections, 1);
  await clock.advance(300_000);
  assert.equal(state.collections, 1, "nothing has changed");
  state.heap += 20 * MIB;
  await clock.advance(60_000);
  assert.equal(state.collections, 2);
  await tidy.stop();
  state.heap += 20 * MIB;
  await clock.advance(120_000);
  assert.equal(state.collections, 2);
});

test("a busy process, and one with much in it, is left alone", async () => {
  const clock = new VirtualClock();
  const { state, memory } = process();
  state.busy = 0.5;
  const tidy = tidyMemory(clock, memory);
  await clock.advance(20_000);
  assert.equal(state.collections, 0);
  Object.assign(state, { busy: 0, used: 400 * MIB, heap: 500 * MIB });
  await clock.advance(120_000);
  assert.equal(state.collections, 0);
  state.used = 20 * MIB;
  await clock.advance(5_000);
  assert.equal(state.collections, 1);
  await tidy.stop();
});
