import assert from "node:assert/strict";
import { test } from "node:test";
import { copyAsJson, equalAsJson } from "./plain-json.ts";

const pairs: [a: unknown, b: unknown, equal: boolean][] = [
  [{ a: 1, b: undefined }, { a: 1 }, true],
  [{ a: 1 }, { a: 1, b: undefined }, true],
  [{ a: undefined }, { b: undefined }, true],
  [{ a: null }, {}, false],
  [{}, { a: null }, false],
  [{ a: { b: [1, { c: 2 }] } }, { a: { b: [1, { c: 2, d: undefined }] } }, true],
  [[1, 2], [1], false],
  [[], {}, false],
  ["1", 1, false],
  [undefined, {}, false],
];
for (const [a, b, equal] of pairs) {
  test(`${JSON.stringify(a)} and ${JSON.stringify(b)} are ${equal ? "equal" : "different"}`, () => {
    assert.equal(equalAsJson(a, b), equal);
    assert.equal(equalAsJson(b, a), equal);
  });
}

test("a copy lacks what is undefined and shares nothing", () => {
  const original = { a: [{ b: 1, c: undefined }], d: null };
  const copy = copyAsJson(original);
  assert.deepEqual(copy, { a: [{ b: 1 }], d: null });
  assert.equal("c" in (copy.a[0] as object), false);
  assert.notEqual(copy.a[0], original.a[0]);
});
