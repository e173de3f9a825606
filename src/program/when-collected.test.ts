import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/virtual-clock.ts";
import { collectSeldom } from "./when-collected.ts";

const MIB = 1024 * 1024;

test("a large heap may grow, and what comes outside of it begins a collection when it is a quarter", async () => {
  const clock = new VirtualClock();
  const state = { used: 100 * MIB, external: 40 * MIB };
  const said: string[] = [];
  let collected = (): void => {};
  const memory = {
    usedBytes: () => state.used,
    externalBytes: () => state.external,
    beginCollection: () => void said.push("begin"),
  };
  const collections = {
    onCollected(callback: () => void) {
      collected = callback;
    },
    stop: () => void said.push("stop"),
  };
  const flags = {
    heedExternalMemory: (heeds: boolean) => void said.push(`heeds ${heeds}`),
    letHeapsGrow: (percent: number) => void said.push(`grows ${percent}`),
  };
  const seldom = collectSeldom(clock, memory, collections, flags);
  assert.deepEqual(said.splice(0), ["heeds false"]);
  state.external = 100 * MIB;
  await clock.advance(1_000);
  assert.deepEqual(said, []);
  state.external = 105 * MIB;
  await clock.advance(2_000);
  assert.deepEqual(said.splice(0), ["begin"]);
  collected();
  assert.deepEqual(said, []);
  Object.assign(state, { used: 300 * MIB, external: 800 * MIB });
  collected();
  collected();
  assert.deepEqual(said.splice(0), ["grows 100"]);
  state.external = 990 * MIB;
  await clock.advance(1_000);
  assert.deepEqual(said, []);
  state.external = 1005 * MIB;
  await clock.advance(1_000);
  assert.deepEqual(said.splice(0), ["begin"]);
  state.used = 200 * MIB;
  collected();
  assert.deepEqual(said.splice(0), ["grows 0"]);
  await seldom.stop();
  assert.deepEqual(said, ["stop", "heeds true"]);
});
