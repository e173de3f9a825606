import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/virtual-clock.ts";
import type { ProcessMemory } from "./process-memory.ts";
import { tidyMemory } from "./tidy-memory.ts";

const MIB = 1024 * 1024;

function process() {
  const state = { heap: 50 * MIB, used: 20 * MIB, busy: 0, collections: 0, begun: 0, moves: [] as boolean[] };
  const memory: Omit<ProcessMemory, "externalBytes"> = {
    heapBytes: () => state.heap,
    usedBytes: () => state.used,
    busy: () => state.busy,
    collect() {
      state.collections++;
      state.heap = state.used;
    },
    beginCollection(how) {
      state.begun++;
      state.moves.push(how?.moves === true);
    },
  };
  return { state, memory };
}

test("an idle process gives memory back soon after its start, and again only when it has grown", async () => {
  const clock = new VirtualClock();
  const { state, memory } = process();
  const tidy = tidyMemory(clock, memory);
  await clock.advance(6_000);
  assert.equal(state.collections, 1);
  await clock.advance(300_000);
  assert.equal(state.collections, 1, "nothing has changed");
  state.heap += 20 * MIB;
  await clock.advance(1_000);
  assert.equal(state.collections, 2);
  state.heap += 20 * MIB;
  await clock.advance(30_000);
  assert.equal(state.collections, 2, "once a minute");
  await clock.advance(30_000);
  assert.equal(state.collections, 3);
  await tidy.stop();
  state.heap += 20 * MIB;
  await clock.advance(120_000);
  assert.equal(state.collections, 3);
});

test("a busy process is left alone until it has been idle for some seconds", async () => {
  const clock = new VirtualClock();
  const { state, memory } = process();
  state.busy = 0.5;
  const tidy = tidyMemory(clock, memory);
  await clock.advance(20_000);
  assert.equal(state.collections, 0);
  state.busy = 0;
  await clock.advance(5_000);
  assert.equal(state.collections, 0);
  await clock.advance(1_000);
  assert.equal(state.collections, 1);
  await tidy.stop();
});

test("a large heap is collected as long as that gives something back", async () => {
  const clock = new VirtualClock();
  const { state, memory } = process();
  Object.assign(state, { used: 200 * MIB, heap: 400 * MIB });
  const tidy = tidyMemory(clock, memory);
  await clock.advance(6_000);
  for (const { heap, begun } of [
    { heap: 340, begun: 2 },
    { heap: 340, begun: 2 },
    { heap: 300, begun: 3 },
    { heap: 297, begun: 3 },
    { heap: 297, begun: 3 },
    { heap: 297, begun: 3 },
    { heap: 220, begun: 3 },
  ]) {
    state.heap = heap * MIB;
    await clock.advance(1_000);
    assert.equal(state.begun, begun, `at ${heap} MiB`);
  }
  assert.deepEqual(state.moves, [false, true, true], "what is empty anyway goes first");
  await tidy.stop();
});

test("what is in a very large heap is not moved, unless nobody waits for its thread", async () => {
  for (const [movedMaxBytes, moves] of [
    [undefined, [false]],
    [Number.POSITIVE_INFINITY, [false, true]],
  ] as const) {
    const clock = new VirtualClock();
    const { state, memory } = process();
    Object.assign(state, { used: 300 * MIB, heap: 600 * MIB });
    const tidy = tidyMemory(clock, memory, movedMaxBytes);
    await clock.advance(6_000);
    state.heap = 500 * MIB;
    await clock.advance(5_000);
    assert.deepEqual(state.moves, moves);
    await tidy.stop();
  }
});

test("a large heap that is used again meanwhile is left alone", async () => {
  const clock = new VirtualClock();
  const { state, memory } = process();
  Object.assign(state, { used: 200 * MIB, heap: 400 * MIB });
  const tidy = tidyMemory(clock, memory);
  await clock.advance(6_000);
  Object.assign(state, { heap: 410 * MIB, busy: 0.5 });
  await clock.advance(30_000);
  assert.equal(state.begun, 1);
  await tidy.stop();
});

test("where much is in the heap, nothing stands still", async () => {
  const clock = new VirtualClock();
  const { state, memory } = process();
  Object.assign(state, { used: 200 * MIB, heap: 400 * MIB });
  const tidy = tidyMemory(clock, memory);
  await clock.advance(6_000);
  assert.deepEqual([state.collections, state.begun], [0, 1]);
  await clock.advance(4_000);
  state.heap = 220 * MIB;
  await clock.advance(60_000);
  assert.deepEqual([state.collections, state.begun], [0, 1]);
  state.heap = 320 * MIB;
  await clock.advance(2_000);
  assert.deepEqual([state.collections, state.begun], [0, 2]);
  await tidy.stop();
});
