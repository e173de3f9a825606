import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { mountedKeySpace, wholeKeySpace } from "../etcd/keys.ts";
import { readEtcdSnapshot } from "./read-etcd-snapshot.ts";
import { REVISION_BUMP, type StateObject, type StoreState } from "./state.ts";
import { writeEtcdSnapshot } from "./write-etcd-snapshot.ts";

function pathIn(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "wherry-bolt-"));
  context.after(() => rmSync(directory, { recursive: true }));
  return join(directory, "snapshot.db");
}

const objectsOf = (count: number, bytes: (index: number) => number): StateObject[] =>
  Array.from({ length: count }, (_, index) => ({
    key: `/registry/pods/default/${index}`,
    value: Buffer.alloc(bytes(index), `value ${index} `),
    revision: 2 + index * 3,
    secondsLeft: index % 7 === 3 ? index : undefined,
  }));

for (const [name, objects] of [
  ["nothing", []],
  ["one object", objectsOf(1, () => 5)],
  ["thousands, so that branches have branches", objectsOf(20_000, () => 1500)],
  ["objects larger than pages, and empty ones", objectsOf(50, (index) => (index % 5) * 30_000)],
] as [string, StateObject[]][]) {
  test(`what is written is read: ${name}`, async (context) => {
    const path = pathIn(context);
    const keys = mountedKeySpace("/registry/", "/kubernetes.io/");
    writeEtcdSnapshot(path, { revision: 77_777, objects }, keys);
    const state = await readEtcdSnapshot(path, keys);
    assert.equal(state.revision, 77_777 + REVISION_BUMP);
    assert.deepEqual(state.objects, objects);
    assert.deepEqual((await readEtcdSnapshot(path, mountedKeySpace("/registry/", "/other/"))).objects, []);
  });
}

test("two keys of one transaction keep their revision", async (context) => {
  const path = pathIn(context);
  const objects = ["/a", "/b"].map((key) => ({ key, value: Buffer.from(key), revision: 5, secondsLeft: undefined }));
  writeEtcdSnapshot(path, { revision: 5, objects }, wholeKeySpace);
  assert.deepEqual((await readEtcdSnapshot(path, wholeKeySpace)).objects, objects);
});

const DAMAGES: [string, RegExp, (bytes: Buffer) => Buffer][] = [
  ["cut short by a page", /was cut short: it has \d+ of \d+ bytes/, (bytes) => bytes.subarray(0, -4096)],
  ["cut short within its digest", /cut short: the SHA-256 at its end is not whole/, (bytes) => bytes.subarray(0, -1)],
  ["cut short, its digest too", /cut short/, (bytes) => bytes.subarray(0, -4096 - 32)],
  [
    "cut short by its digest alone",
    /has no SHA-256 at its end.*cut short.*--skip-hash-check/,
    (bytes) => bytes.subarray(0, -32),
  ],
  ["of another kind", /no database of etcd/, () => Buffer.alloc(21_000, "text ")],
  ["empty", /it is empty/, () => Buffer.alloc(0)],
  ["with a flipped bit", /SHA-256/, (bytes) => bytes.fill(1, 20_000, 20_001)],
];

for (const [name, message, damage] of DAMAGES) {
  test(`a file is refused that is ${name}`, async (context) => {
    const path = pathIn(context);
    writeEtcdSnapshot(path, { revision: 9000, objects: objectsOf(500, () => 900) }, wholeKeySpace);
    writeFileSync(path, damage(readFileSync(path)));
    await assert.rejects(readEtcdSnapshot(path, wholeKeySpace), (error) => {
      assert.match(String(error), message);
      return String(error).includes(path);
    });
  });
}

async function readDamaged(context: TestContext, damage: (bytes: Buffer) => Buffer): Promise<StoreState> {
  const path = pathIn(context);
  writeEtcdSnapshot(path, { revision: 9000, objects: objectsOf(500, () => 900) }, wholeKeySpace);
  writeFileSync(path, damage(readFileSync(path)));
  return await readEtcdSnapshot(path, wholeKeySpace, { skipHashCheck: true });
}

test("without a look at its digest a member's own file is read, and a snapshot whose digest is another", async (context) => {
  assert.equal((await readDamaged(context, (bytes) => bytes.subarray(0, -32))).objects.length, 500);
  assert.equal((await readDamaged(context, (bytes) => bytes.fill(0, bytes.length - 32))).objects.length, 500);
});

for (const [name, message, damage] of [
  ["with a page that is gone", /page \d+ is damaged/, (bytes) => bytes.subarray(0, -32).fill(0, 4096 * 9, 4096 * 10)],
  ["cut short by a page", /was cut short: it has \d+ of \d+ bytes/, (bytes) => bytes.subarray(0, -32 - 4096)],
  ["cut short within a page", /was cut short/, (bytes) => bytes.subarray(0, -32 - 100)],
] as [string, RegExp, (bytes: Buffer) => Buffer][]) {
  test(`a member's own file is refused that is ${name}`, async (context) => {
    await assert.rejects(readDamaged(context, damage), message);
  });
}
