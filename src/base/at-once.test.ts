import assert from "node:assert/strict";
import { test } from "node:test";
import { atOnce } from "./at-once.ts";

test("an answer that is there is gone on with at once, one that is to come when it has", async () => {
  const plusOne = (value: number): number => value + 1;
  assert.equal(atOnce(1, plusOne), 2);
  const later = atOnce(Promise.resolve(1), plusOne);
  assert.ok(later instanceof Promise);
  assert.equal(await later, 2);
});

test("what goes wrong is thrown at once, or rejected", async () => {
  const fail = (): never => {
    throw new Error("no");
  };
  assert.throws(() => atOnce(1, fail), /^Error: no$/);
  await assert.rejects(async () => atOnce(Promise.resolve(1), fail), /^Error: no$/);
  await assert.rejects(
    async () => atOnce(Promise.reject<number>(new Error("never came")), fail),
    /^Error: never came$/,
  );
});
