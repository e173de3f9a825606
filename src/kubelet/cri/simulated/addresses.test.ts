import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressPool } from "./addresses.ts";

test("each address is handed out once, the next free one each time, and none of the range's own", () => {
  const pool = new AddressPool("10.0.0.0/29");
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => pool.take()),
    ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"],
  );
  assert.throws(() => pool.take(), { message: "no address is left in 10.0.0.0/29" });
  pool.give("10.0.0.4");
  // Nobody's address here: it was taken from another range.
  pool.give("10.0.9.3");
  assert.equal(pool.take(), "10.0.0.4");
  assert.throws(() => pool.take(), RangeError);
});

test("a whole /24 is handed out", () => {
  const pool = new AddressPool("10.244.3.0/24");
  const taken = new Set(Array.from({ length: 253 }, () => pool.take()));
  assert.equal(taken.size, 253);
  assert.throws(() => pool.take(), RangeError);
});
