import assert from "node:assert/strict";
import { it } from "node:test";
import { semanticEqual } from "./semantic-equal.ts";

for (const [a, b, equal] of [
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
  [{ a: 1 }, { a: 1, b: undefined, c: null, d: [], e: {} }, true],
  [{ a: 1, b: undefined }, { a: 1 }, true],
  [{ a: 1 }, { a: 1, b: 0 }, false],
  [{ a: 1 }, { a: 1, b: "" }, false],
  [[1, 2], [2, 1], false],
  [[1], [1, 2], false],
  [{ a: [{ x: {} }] }, { a: [{ x: null }] }, true],
  [{ labelSelector: {} }, {}, false],
  [{ labelSelector: {} }, { labelSelector: { matchLabels: {} } }, true],
  [{ 0: "a" }, ["a"], false],
  [undefined, {}, true],
  ["1", 1, false],
] as const) {
  it(`${JSON.stringify(a)} ${equal ? "=" : "≠"} ${JSON.stringify(b)}`, () => {
    assert.equal(semanticEqual(a, b), equal);
    assert.equal(semanticEqual(b, a), equal);
  });
}
