import assert from "node:assert/strict";
import { test } from "node:test";
import { printedInGo, shownInGo } from "./go-text.ts";

/** Values, and what Go prints of them with %q and encoding/json. */
const cases: readonly [unknown, string][] = [
  [undefined, "null"],
  ["", '""'],
  ["a b", '"a b"'],
  ['say "hi" \\', '"say \\"hi\\" \\\\"'],
  ["a\u0007\b\f\n\r\t\v", '"a\\a\\b\\f\\n\\r\\t\\v"'],
  ["\u0000\u001b\u007f", '"\\x00\\x1b\\x7f"'],
  ["é 世界 😀", '"é 世界 😀"'],
  ["\u00a0\u200b\u2028\ufeff", '"\\u00a0\\u200b\\u2028\\ufeff"'],
  ["\u{e0001}", '"\\U000e0001"'],
  ["<a>&", '"<a>&"'],
  [5, "5"],
  [true, "true"],
  [["<a>", "b&c"], '["\\u003ca\\u003e","b\\u0026c"]'],
  [{ matchLabels: { b: "1", a: "2" } }, '{"matchLabels":{"a":"2","b":"1"}}'],
  [{ path: "a\u2028\n" }, '{"path":"a\\u2028\\n"}'],
];

test("values in messages are written as Go writes them", () => {
  for (const [value, text] of cases) assert.equal(shownInGo(value), text);
});

test("values as %v prints them: keys of maps in order, no quotes", () => {
  assert.equal(printedInGo({ b: [1, "two", null], a: { c: true } }), "map[a:map[c:true] b:[1 two <nil>]]");
});
