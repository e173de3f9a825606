import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPortRange, parsePortRange } from "./port-range.ts";

const rows: readonly [string, string | undefined][] = [
  ["30000-32767", "30000-32767"],
  ["30000+2767", "30000-32767"],
  [" 8080 ", "8080-8080"],
  ["1-65535", "1-65535"],
  ["65535+1", undefined],
  ["0-100", undefined],
  ["100-99", undefined],
  ["1-65536", undefined],
  ["1-", undefined],
  ["1-2-3", undefined],
  ["a-b", undefined],
  ["", undefined],
];
for (const [text, expected] of rows) {
  test(`ports: ${JSON.stringify(text)}`, () => {
    const range = parsePortRange(text);
    assert.equal(range && formatPortRange(range), expected);
  });
}
