import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../base/log.ts";
import { settle, VirtualClock } from "../../base/virtual-clock.ts";
import { definitionQueue } from "./definition-queue.ts";

test("each name is looked at once, one after the other, and again when it comes meanwhile", async () => {
  const seen: string[] = [];
  const waiting: (() => void)[] = [];
  const look = async (name: string): Promise<void> => {
    seen.push(name);
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const queue = definitionQueue(look, { clock: new VirtualClock(), log: silentLogger });
  for (const name of ["a", "b", "b", "a"]) queue.add(name);
  await settle();
  assert.deepEqual(seen, ["a"]);
  queue.add("a");
  for (let turn = 0; turn < 4; turn++) {
    waiting.shift()?.();
    await settle();
  }
  assert.deepEqual(seen, ["a", "b", "a"]);
  await queue.close();
});

test("an error is tried again, later each time, until it is none", async () => {
  const clock = new VirtualClock();
  let calls = 0;
  const look = async (): Promise<void> => {
    if (++calls < 3) throw new Error("not yet");
  };
  const queue = definitionQueue(look, { clock, log: silentLogger });
  queue.add("a");
  await settle();
  assert.equal(calls, 1);
  await clock.advance(100);
  await settle();
  assert.equal(calls, 2);
  await clock.advance(100);
  await settle();
  assert.equal(calls, 2);
  await clock.advance(100);
  await settle();
  assert.equal(calls, 3);
  await clock.advance(120_000);
  await settle();
  assert.equal(calls, 3);
  await queue.close();
});
