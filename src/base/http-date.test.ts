import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHttpDate } from "./clock.ts";

test("the Date header has whole seconds in GMT", () => {
  assert.equal(formatHttpDate(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  assert.equal(formatHttpDate(1_767_225_599_999), "Wed, 31 Dec 2025 23:59:59 GMT");
  assert.equal(formatHttpDate(1_767_225_600_000), "Thu, 01 Jan 2026 00:00:00 GMT");
});
