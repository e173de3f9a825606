import assert from "node:assert/strict";
import { test } from "node:test";
import { warningHeaders } from "./warning-headers.ts";

test("warnings are told once and as they are, and not at all with control characters", () => {
  const headers = warningHeaders(['say "a\\b"', "one\nline", 'say "a\\b"', "größer als 2 €"]);
  assert.deepEqual(
    headers.map((each) => Buffer.from(each, "latin1").toString()),
    ['299 - "say \\"a\\\\b\\""', '299 - "größer als 2 €"'],
  );
});

test("what is too long together is cut, and its end left out", () => {
  const texts = Array.from({ length: 30 }, (_, index) => `${index}`.padEnd(400, "x"));
  const headers = warningHeaders(texts);
  assert.equal(headers.length, 16);
  for (const each of headers) assert.equal(each.length, '299 - ""'.length + 256);
});
