import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNotWritten } from "./disk-error.ts";

test("a full disk is told with what to do, all else as it is", () => {
  const full = /^no room is left on the disk; free some, or choose a place on another one$/;
  assert.match(
    whyNotWritten(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" })),
    full,
  );
  assert.match(whyNotWritten(Object.assign(new Error("EDQUOT: quota exceeded"), { code: "EDQUOT" })), full);
  assert.match(whyNotWritten(Object.assign(new Error("database or disk is full"), { errcode: 13 })), full);
  const denied = Object.assign(new Error("EACCES: permission denied, open '/x'"), { code: "EACCES" });
  assert.equal(whyNotWritten(denied), "EACCES: permission denied, open '/x'");
  assert.equal(whyNotWritten("odd"), "odd");
});
