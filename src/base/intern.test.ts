import assert from "node:assert/strict";
import { test } from "node:test";
import { createInterner } from "./intern.ts";

test("equal values become one, different ones stay apart, and the memory is bounded", () => {
  const intern = createInterner<{ readonly n: number }>();
  const first = intern({ n: 1 });
  assert.equal(intern({ n: 1 }), first);
  assert.notEqual(intern({ n: 2 }), first);
  for (let n = 0; n < 20_000; n++) intern({ n });
  assert.notEqual(intern({ n: 1 }), first);
  assert.deepEqual(intern({ n: 1 }), first);
});

test("what follows an equal value and what follows another one are the values that were there first", () => {
  const intern = createInterner<unknown>();
  const values = [
    { a: 1, b: [1, 2] },
    { a: 1, b: [1, 3] },
    { a: 1 },
    { a: 1, b: undefined },
    [],
    {},
    null,
    [null],
    "a",
  ];
  const first = values.map(intern);
  for (let round = 0; round < 3; round++) {
    values.forEach((value, index) => {
      const again: unknown = JSON.parse(JSON.stringify(value));
      assert.equal(intern(again), first[index]);
      assert.equal(intern(value), first[index]);
      assert.equal(JSON.stringify(first[index]), JSON.stringify(value));
    });
  }
});
