import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { openEtcdStore } from "../../src/store/etcd/etcd-store.ts";
import { wholeKeySpace } from "../../src/store/etcd/keys.ts";
import { saveEtcdSnapshot } from "../../src/store/etcd/save-snapshot.ts";
import { fillStore } from "../../src/store/snapshot/fill-store.ts";
import { readEtcdSnapshot } from "../../src/store/snapshot/read-etcd-snapshot.ts";
import { REVISION_BUMP, type StateObject } from "../../src/store/snapshot/state.ts";
import { writeEtcdSnapshot } from "../../src/store/snapshot/write-etcd-snapshot.ts";
import { CompactedError, type Store } from "../../src/store/store.ts";
import { startEtcd, withoutEtcd } from "../support/etcd.ts";

const by = { clock: systemClock, random: systemRandom, log: silentLogger };
const skip = withoutEtcd();

function directoryOf(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "wherry-snapshot-"));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

async function openEmpty(context: TestContext, directory?: string): Promise<{ store: Store; urls: readonly string[] }> {
  const etcd = await startEtcd(directory === undefined ? {} : { flags: ["--data-dir", directory] });
  context.after(() => etcd.stop());
  const store = await openEtcdStore({ servers: etcd.urls, ...by });
  context.after(() => store.close());
  return { store, urls: etcd.urls };
}

test("a real etcd's snapshot is read: updates, removals, leases, compaction", {
  skip,
  timeout: 60_000,
}, async (context) => {
  const { store, urls } = await openEmpty(context);
  for (let index = 0; index < 300; index++) await store.create(`/registry/${index}`, Buffer.alloc(700, `${index} `));
  for (let index = 0; index < 300; index += 3) {
    const { revision } = (await store.get(`/registry/${index}`))!;
    if (index % 2 === 0) await store.delete(`/registry/${index}`, revision);
    else await store.update(`/registry/${index}`, Buffer.from(`again ${index}`), revision);
  }
  await store.create("/registry/event", Buffer.from("x"), { timeToLiveSeconds: 100 });
  await store.compact(await store.currentRevision());
  const path = join(directoryOf(context), "snapshot.db");
  await saveEtcdSnapshot(path, { servers: urls }, by);
  const state = await readEtcdSnapshot(path, wholeKeySpace);
  assert.equal(state.revision, await store.currentRevision());
  const there = (await store.list({ prefix: "/registry/" })).items;
  const read = new Map(state.objects.map((object) => [object.key, object]));
  assert.equal(read.size, there.length);
  for (const { key, value, revision } of there) {
    assert.deepEqual([read.get(key)?.value, read.get(key)?.revision], [value, revision], key);
  }
  const left = read.get("/registry/event")?.secondsLeft ?? 0;
  assert.ok(left >= 100 && left <= 170, `${left} s`);
  const bytes = readFileSync(path);
  bytes[bytes.length - 2000]! ^= 1;
  writeFileSync(path, bytes);
  await assert.rejects(readEtcdSnapshot(path, wholeKeySpace), /SHA-256/);
});

test("a stopped member's own file is read when asked, and not taken for a snapshot that was cut short", {
  skip,
  timeout: 60_000,
}, async (context) => {
  const directory = directoryOf(context);
  const etcd = await startEtcd({ flags: ["--data-dir", directory] });
  const store = await openEtcdStore({ servers: etcd.urls, ...by });
  for (let index = 0; index < 50; index++) await store.create(`/registry/${index}`, Buffer.from(`${index}`));
  // It has etcd write out what its file does not have yet.
  const snapshot = join(directory, "snapshot.db");
  await saveEtcdSnapshot(snapshot, { servers: etcd.urls }, by);
  await store.close();
  await etcd.stop();
  const path = join(directory, "member", "snap", "db");
  await assert.rejects(readEtcdSnapshot(path, wholeKeySpace), /no SHA-256 at its end/);
  const state = await readEtcdSnapshot(path, wholeKeySpace, { skipHashCheck: true });
  assert.deepEqual(state, await readEtcdSnapshot(snapshot, wholeKeySpace));
  assert.equal(state.objects.length, 50);
});

test("a real etcd starts from what is written, at a revision that never was", {
  skip,
  timeout: 60_000,
}, async (context) => {
  const directory = directoryOf(context);
  const objects = Array.from(
    { length: 3000 },
    (_, index): StateObject => ({
      key: `/registry/${String(index).padStart(5, "0")}`,
      value: Buffer.alloc(1 + (index % 9) * 1000, `${index} `),
      revision: 10 + index * 2,
      secondsLeft: index === 5 ? 3600 : undefined,
    }),
  );
  const path = join(directory, "snapshot.db");
  writeEtcdSnapshot(path, { revision: 10_000, objects }, wholeKeySpace);
  // What etcdctl snapshot restore does, but for the new log: etcd makes that when there is none.
  mkdirSync(join(directory, "data", "member", "snap"), { recursive: true, mode: 0o700 });
  copyFileSync(path, join(directory, "data", "member", "snap", "db"));
  const { store } = await openEmpty(context, join(directory, "data"));
  const { items } = await store.list({ prefix: "/registry/" });
  assert.deepEqual(
    items.map(({ key, value, revision }) => [key, value.toString(), revision]),
    objects.map(({ key, value, revision }) => [key, value.toString(), revision]),
  );
  assert.equal(await store.currentRevision(), 10_000 + REVISION_BUMP);
  const watch = store.watch({ prefix: "/registry/", afterRevision: 9000 })[Symbol.asyncIterator]();
  await assert.rejects(async () => await watch.next(), CompactedError);
  const { revision } = await store.create("/registry/new", Buffer.from("x"));
  assert.equal(revision, 10_001 + REVISION_BUMP);
});

test("an etcd in use is filled below an empty prefix, above the revisions of before", {
  skip,
  timeout: 60_000,
}, async (context) => {
  const { store } = await openEmpty(context);
  const objects = Array.from({ length: 100 }, (_, index) => ({
    key: `/registry/${index}`,
    value: Buffer.from(`value ${index}`),
    revision: 2 + index,
  }));
  await assert.rejects(fillStore(store, { revision: 5_000_000, objects }, "/registry/"), /see revisions go back/);
  await fillStore(store, { revision: 500, objects }, "/registry/");
  const { items } = await store.list({ prefix: "/registry/" });
  assert.equal(items.length, 100);
  for (const item of items) assert.ok(item.revision > 500);
  await assert.rejects(
    fillStore(store, { revision: 500, objects }, "/registry/"),
    /100 objects below the prefix already/,
  );
});
