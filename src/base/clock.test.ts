import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMicroTime, formatTime } from "./clock.ts";

const at = Date.UTC(2026, 0, 2, 3, 4, 5);

const times: readonly [number, string][] = [
  [at, "2026-01-02T03:04:05Z"],
  [at + 999, "2026-01-02T03:04:05Z"],
  [at + 1000, "2026-01-02T03:04:06Z"],
  [at, "2026-01-02T03:04:05Z"],
  [-1, "1969-12-31T23:59:59Z"],
];

test("times are whole seconds, whatever was asked before", () => {
  for (const [epochMs, text] of times) assert.equal(formatTime(epochMs), text);
  assert.throws(() => formatTime(Number.NaN), RangeError);
  assert.equal(formatTime(at), "2026-01-02T03:04:05Z");
  assert.equal(formatMicroTime(at + 7), "2026-01-02T03:04:05.007000Z");
});
