import assert from "node:assert/strict";
import { test } from "node:test";
import { queryFlag } from "./query-flag.ts";

test("a flag is false when it is absent or says so, in whatever case", () => {
  for (const text of [null, "false", "False", "FALSE", "0"]) assert.equal(queryFlag(text), false, String(text));
  for (const text of ["", "true", "True", "1", "no", "00"]) assert.equal(queryFlag(text), true, text);
});
