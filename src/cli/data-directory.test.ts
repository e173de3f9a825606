import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CommandError } from "./command.ts";
import { makeDataDirectory } from "./data-directory.ts";

test("a data directory is made with all its parents, for its owner alone", (context) => {
  const root = mkdtempSync(join(tmpdir(), "wherry-directory-"));
  context.after(() => rmSync(root, { recursive: true }));
  const path = join(root, "a", "b", "c");
  makeDataDirectory(path);
  makeDataDirectory(path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
});

test("what cannot be a data directory is refused at once, with what to do", (context) => {
  const root = mkdtempSync(join(tmpdir(), "wherry-directory-"));
  context.after(() => rmSync(root, { recursive: true }));
  const file = join(root, "file");
  writeFileSync(file, "");
  for (const path of [file, join(file, "below"), "/proc/nope", "/proc/nope/deeper"]) {
    assert.throws(
      () => makeDataDirectory(path),
      (error) => error instanceof CommandError && error.message.includes("--data-dir"),
    );
  }
});
