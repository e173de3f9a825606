import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CommandError } from "../cli/command.ts";
import { beginFirstStart } from "./first-start.ts";

const make = (directory: string): void => {
  mkdirSync(join(directory, "store"), { recursive: true });
  writeFileSync(join(directory, "cluster.json"), "{}");
};

for (const [what, before, error, left] of [
  ["of nothing", [], new Error("no etcd"), []],
  ["beside somebody's store", ["store"], new Error("not a store"), ["store"]],
  ["with keys that were there", ["pki"], new Error("wrong keys"), ["pki", "store"]],
  ["that another one was faster with", [], new CommandError("in use", 5), ["cluster.json", "pki", "store"]],
] as const) {
  test(`a first start ${what} takes back what it alone has made`, (context) => {
    const directory = mkdtempSync(join(tmpdir(), "wherry-first-"));
    context.after(() => rmSync(directory, { recursive: true }));
    for (const name of before) mkdirSync(join(directory, name));
    const start = beginFirstStart(directory);
    make(directory);
    start.takeBack(error);
    assert.deepEqual(readdirSync(directory).sort(), left);
  });
}

test("of two that start at once only one takes keys and objects back", (context) => {
  const directory = mkdtempSync(join(tmpdir(), "wherry-first-"));
  context.after(() => rmSync(directory, { recursive: true }));
  beginFirstStart(directory);
  const second = beginFirstStart(directory);
  make(directory);
  second.takeBack(new Error("no memory"));
  assert.deepEqual(readdirSync(directory).sort(), ["pki", "store"]);
});
