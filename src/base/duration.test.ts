import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDuration } from "./duration.ts";

const cases: [text: string, milliseconds: number | undefined][] = [
  ["30s", 30_000],
  ["1m30s", 90_000],
  ["1.5h", 5_400_000],
  ["300ms", 300],
  ["-1s", -1000],
  ["0", 0],
  ["0s", 0],
  ["", undefined],
  ["10", undefined],
  ["s", undefined],
  ["1 s", undefined],
  ["1sx", undefined],
];

for (const [text, milliseconds] of cases) {
  test(`duration ${JSON.stringify(text)}`, () => assert.equal(parseDuration(text), milliseconds));
}
