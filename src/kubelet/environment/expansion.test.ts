import assert from "node:assert/strict";
import { test } from "node:test";
import { expand, lookupIn } from "./expansion.ts";

const values = new Map([
  ["A", "one"],
  ["B", "$(A)"],
  ["EMPTY", ""],
]);

for (const [text, wanted] of [
  ["plain", "plain"],
  ["$(A)", "one"],
  ["x$(A)y$(A)", "xoneyone"],
  ["$$(A)", "$(A)"],
  ["$$$(A)", "$one"],
  ["$(B)", "$(A)"],
  ["$(EMPTY)|", "|"],
  ["$(UNKNOWN)", "$(UNKNOWN)"],
  ["$(A", "$(A"],
  ["$A $ x", "$A $ x"],
  ["tail$", "tail$"],
  ["", ""],
] as const) {
  test(`expands ${JSON.stringify(text)}`, () => {
    assert.equal(expand(text, lookupIn(values)), wanted);
  });
}

test("the first map that has a name wins", () => {
  assert.equal(lookupIn(new Map([["A", "first"]]), values)("A"), "first");
});
