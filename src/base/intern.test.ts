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
