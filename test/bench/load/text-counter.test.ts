import assert from "node:assert/strict";
import { test } from "node:test";
import { textCounter } from "./text-counter.ts";

function countIn(text: string, chunks: readonly string[]): number {
  const counter = textCounter(text);
  return chunks.reduce((sum, chunk) => sum + counter(Buffer.from(chunk)), 0);
}

test("a text is counted however a stream is cut", () => {
  const stream = '{"type":"ADDED","object":{}}\n{"type":"MODIFIED"}\n{"type":"ADDED"}\n';
  for (let size = 1; size <= stream.length; size++) {
    const chunks = stream.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    assert.equal(countIn('"type":"ADDED"', chunks), 2, `chunks of ${size}`);
    assert.equal(countIn("\n", chunks), 3, `chunks of ${size}`);
  }
});

test("what is not there is not counted", () => {
  assert.equal(countIn("abc", ["ab", "ab", "bc"]), 0);
  assert.equal(countIn("abc", ["a", "", "bd", "c"]), 0);
});
