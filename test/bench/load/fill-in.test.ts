import assert from "node:assert/strict";
import { test } from "node:test";
import { fillIn } from "./fill-in.ts";

test("a request's number goes into its places", () => {
  assert.equal(fillIn("/pods/pod-{n}", 7), "/pods/pod-7");
  assert.equal(
    fillIn('{"a":"{n}","b":"{n-400}","c":"{n%5}","d":"{n%5+1}"}', 412),
    '{"a":"412","b":"12","c":"2","d":"3"}',
  );
  assert.equal(fillIn("{m} {n", 1), "{m} {n");
});
