import assert from "node:assert/strict";
import { test } from "node:test";
import { joined } from "./joined.ts";

test("lists are joined into a new one, in order", () => {
  const first = [1];
  const all = joined(first, [], [2, 3], []);
  assert.deepEqual(all, [1, 2, 3]);
  all.push(4);
  assert.deepEqual(first, [1]);
  assert.deepEqual(joined(), []);
});
