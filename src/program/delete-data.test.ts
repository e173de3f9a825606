import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { deleteData } from "./delete-data.ts";

let parent = "";
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "wherry-delete-"));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

function fill(directory: string, names: readonly string[]): string {
  for (const name of names) {
    mkdirSync(join(directory, name, ".."), { recursive: true });
    writeFileSync(join(directory, name), "");
  }
  return directory;
}

test("what a cluster wrote goes, and the directory", async () => {
  const directory = fill(join(parent, "data"), ["store/store.db", "pki/ca.key", "cluster.json", "proxy.kubeconfig"]);
  assert.deepEqual(await deleteData(directory), []);
  assert.equal(existsSync(directory), false);
});

test("what somebody else put there stays", async () => {
  const directory = fill(join(parent, "work"), ["cluster.json", "store/store.db", "kubeconfig", "src/main.c", "notes"]);
  assert.deepEqual((await deleteData(directory)).sort(), ["notes", "src"]);
  assert.deepEqual(readdirSync(directory).sort(), ["notes", "src"]);
});

test("folders of a directory that never was a cluster's stay, whatever their names", async () => {
  const directory = fill(join(parent, "shop"), ["store/main.ts", "wherry.log"]);
  assert.deepEqual(await deleteData(directory), ["store"]);
  assert.equal(existsSync(join(directory, "store/main.ts")), true);
});

test("no directory, a file, an empty directory: nothing is deleted", async () => {
  fill(parent, ["file"]);
  mkdirSync(join(parent, "empty"));
  for (const name of ["missing", "file", "empty"]) assert.deepEqual(await deleteData(join(parent, name)), []);
  assert.deepEqual(readdirSync(parent).sort(), ["empty", "file"]);
});
