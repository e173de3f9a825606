import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DataDirectoryError } from "../store/embedded/data-directory.ts";
import { explain } from "./explain.ts";
import { beginFirstStart } from "./first-start.ts";

const make = (directory: string): void => {
  mkdirSync(join(directory, "store"), { recursive: true });
  writeFileSync(join(directory, "cluster.json"), "{}");
  writeFileSync(join(directory, "agent-token"), "secret");
};

const inUse = explain(new DataDirectoryError("the data directory /x is in use by process 1; stop that process"));
const portInUse = Object.assign(new Error("listen"), { syscall: "listen", code: "EADDRINUSE" });

for (const [what, before, error, left] of [
  ["of nothing", [], new Error("no etcd"), []],
  ["beside somebody's store", ["store"], new Error("not a store"), ["store"]],
  ["with keys that were there", ["pki"], new Error("wrong keys"), ["agent-token", "pki", "store"]],
  ["that another one was faster with", [], inUse, ["agent-token", "cluster.json", "pki", "store"]],
  ["whose port is in use", [], portInUse, []],
  [
    "whose port is in use, with keys that were there",
    ["pki"],
    portInUse,
    ["agent-token", "cluster.json", "pki", "store"],
  ],
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
  assert.deepEqual(readdirSync(directory).sort(), ["agent-token", "pki", "store"]);
});
