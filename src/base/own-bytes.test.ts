import assert from "node:assert/strict";
import { test } from "node:test";
import { ownBytes } from "./own-bytes.ts";

test("bytes of their own keep nothing beside them, and nothing changes them", () => {
  const given = Buffer.from("wäb");
  for (const from of ["wäb", given, new Uint8Array(given), given.subarray(0, 4), "", Buffer.alloc(0)]) {
    const bytes = ownBytes(from);
    assert.equal(bytes.toString(), Buffer.from(from).toString());
    assert.equal(bytes.buffer.byteLength, bytes.length);
  }
  const copy = ownBytes(given);
  given.fill(0);
  assert.equal(copy.toString(), "wäb");
});
