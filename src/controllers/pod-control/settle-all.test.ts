import assert from "node:assert/strict";
import { test } from "node:test";
import { settleAll } from "./settle-all.ts";

test("all are called once and in order, a few at a time, whatever becomes of them", async () => {
  const begun: number[] = [];
  let open = 0;
  let most = 0;
  const { done, error } = await settleAll(500, async (index) => {
    begun.push(index);
    most = Math.max(most, ++open);
    await new Promise((resolve) => setImmediate(resolve));
    open--;
    if (index % 100 === 7) throw new Error(`refused ${index}`);
  });
  assert.deepEqual(
    begun,
    Array.from({ length: 500 }, (_, index) => index),
  );
  assert.equal(done, 495);
  assert.match(String(error), /refused 7$/);
  assert.ok(most > 1 && most <= 32, `${most} at once`);
});

test("a call that fails before it waits is like any other", async () => {
  const { done, error } = await settleAll(3, () => {
    throw new Error("at once");
  });
  assert.equal(done, 0);
  assert.match(String(error), /at once/);
  assert.deepEqual(await settleAll(0, async () => {}), { done: 0 });
});
