import assert from "node:assert/strict";
import { test } from "node:test";
import { yamlDuplicates } from "./yaml-duplicates.ts";

const told = (line: number, key: string) => `line ${line}: key ${key} already set in map`;

for (const [what, text, expected] of [
  ["nothing twice", "a: 1\nb:\n  a: 1\nc: [{a: 1}, {a: 2}]\n", []],
  ["each place in turn", "a: 1\nb: 1\na: 2\n'a': 3\nb: 2\n", [told(3, '"a"'), told(4, '"a"'), told(5, '"b"')]],
  ["what is inside first", "a: 1\na:\n  b: 1\n  b: 2\n", [told(4, '"b"'), told(3, '"a"')]],
  [
    "the line of the value",
    "a: 1\na:\n\n- 1\nb: 1\nb:\nc: 1\nc: |\n  x\n",
    [told(4, '"a"'), told(6, '"b"'), told(8, '"c"')],
  ],
  ["in one line", "{a: 1, a: {b: 1, b: 2}}", [told(1, '"b"'), told(1, '"a"')]],
  ["behind anchors and tags", "a: &x 1\na: &y\n  b: !!str\n    c\nb: *x\nb: *y\n", [told(2, '"a"'), told(6, '"b"')]],
  ["keys of other types", "1: a\n1: b\ntrue: a\ntrue: b\n'1': c\n", [told(2, "1"), told(4, "true")]],
  ["mappings as keys", "? {a: 1}\n: 1\n? {a: 1}\n: 2\n", []],
  ["lists of lists", "- - a: 1\n    a: 2\n- a: 3\n", [told(2, '"a"')]],
] as const) {
  test(`keys that come twice are told: ${what}`, () => assert.deepEqual(yamlDuplicates(text), expected));
}
