import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { commonCount, firstMissing, formatIndexes, hasIndex, indexesOf, parseIndexes, union } from "./index-set.ts";

describe("index set", () => {
  for (const [indexes, text] of [
    [[], ""],
    [[3], "3"],
    [[3, 4], "3,4"],
    [[5, 3, 4], "3-5"],
    [[0, 1, 2, 4, 6, 7], "0-2,4,6,7"],
  ] as const) {
    it(`writes ${JSON.stringify(indexes)} as "${text}"`, () => assert.equal(formatIndexes(indexesOf(indexes)), text));
  }

  it("leaves out indexes beyond the completions", () => {
    assert.equal(formatIndexes(parseIndexes("0-2,5-9,12", 7)), "0-2,5,6");
    assert.equal(formatIndexes(parseIndexes("", 7)), "");
  });

  it("does as sets do", () => {
    const indexes = fc.uniqueArray(fc.integer({ min: 0, max: 40 }));
    fc.assert(
      fc.property(
        indexes,
        indexes,
        fc.integer({ min: 0, max: 45 }),
        fc.integer({ min: 0, max: 10 }),
        (a, b, limit, count) => {
          const [setA, setB] = [new Set(a), new Set(b)];
          const [x, y] = [indexesOf(a), indexesOf(b)];
          const both = union(x, y);
          assert.equal(both.size, new Set([...a, ...b]).size);
          assert.equal(commonCount(x, y), a.filter((index) => setB.has(index)).length);
          assert.deepEqual(parseIndexes(formatIndexes(x)), x);
          for (let index = 0; index < 45; index++) assert.equal(hasIndex(x, index), setA.has(index));
          const missing = Array.from({ length: limit }, (_, index) => index).filter((index) => !setA.has(index));
          assert.deepEqual(firstMissing(x, count, limit), missing.slice(0, count));
        },
      ),
      { seed: 7 },
    );
  });
});
