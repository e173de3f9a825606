import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "./run.ts";

test("what explains a failure is printed for a test that fails, and for no other", async () => {
  const file = fileURLToPath(new URL("./testing/fails.ts", import.meta.url));
  const { code, stdout } = await run(process.execPath, ["--test", "--test-reporter=spec", file]);
  assert.equal(code, 1, stdout);
  assert.match(stdout, /✖ fails .*\n.* why fails\n/);
  assert.doesNotMatch(stdout, /why passes/);
});
