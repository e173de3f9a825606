import assert from "node:assert/strict";
import { test } from "node:test";
import { withTrace } from "../../base/trace.ts";
import { causeOf, noteCause, noteOrigin } from "./causes.ts";

const trace = (spanId: string) => ({ traceId: "0".repeat(32), spanId });

function written(spanId: string): Buffer {
  const bytes = Buffer.from("{}");
  withTrace(trace(spanId), () => noteCause(bytes));
  return bytes;
}

test("a version's cause is known, also by what it was converted to", () => {
  const bytes = written("a");
  const converted = Buffer.from("{}");
  noteOrigin(converted, bytes);
  assert.equal(causeOf(bytes)?.spanId, "a");
  assert.equal(causeOf(converted)?.spanId, "a");
  assert.equal(causeOf(Buffer.from("{}")), undefined);
});

test("it is remembered for thousands of writes, and then no more", () => {
  const bytes = written("a");
  for (let index = 0; index < 4999; index++) written("other");
  assert.equal(causeOf(bytes)?.spanId, "a");
  for (let index = 0; index < 6000; index++) written("other");
  assert.equal(causeOf(bytes), undefined);
});
