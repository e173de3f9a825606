import assert from "node:assert/strict";
import { test } from "node:test";
import { chunksOf, templateOf, textOf } from "./template.ts";

const CASES: readonly [text: string, number: number, filled: string][] = [
  ["/pods/pod-{n}", 7, "/pods/pod-7"],
  ["{n}", 2_000_000, "2000000"],
  ['{"a":"{n}","b":"{n-400}","c":"{n%5}","d":"{n%5+1}"}', 412, '{"a":"412","b":"12","c":"2","d":"3"}'],
  ["{n+3}{n-20+1}", 7, "10-12"],
  ["{m} {n", 1, "{m} {n"],
  ["", 1, ""],
  ["größe-{n}-ß", 9, "größe-9-ß"],
];

for (const [text, number, filled] of CASES) {
  test(`the number of a request goes into its places: ${text}`, () => {
    const template = templateOf(text);
    assert.equal(textOf(template, number), filled);
    assert.equal(Buffer.concat(chunksOf(template, number)).toString(), filled);
    assert.equal(textOf(template, number), filled, "once more");
  });
}
