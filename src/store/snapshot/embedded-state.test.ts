import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { silentLogger } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { bytes, watchFrom } from "../conformance/harness.ts";
import { openEmbeddedStore } from "../embedded/embedded-store.ts";
import { CompactedError, type Store } from "../store.ts";
import { readEmbeddedState, writeEmbeddedState } from "./embedded-state.ts";
import { REVISION_BUMP } from "./state.ts";

const clock = new VirtualClock();
const open = (directory: string): Promise<Store> => openEmbeddedStore({ directory, clock, log: silentLogger });

function directoryOf(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "wherry-state-"));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test("a state is of one revision while others write", { timeout: 30_000 }, async (context) => {
  const directory = directoryOf(context);
  const store = await open(directory);
  // Both always hold the same, but for the moment between two writes.
  let [left, right] = await Promise.all(["/l", "/r"].map((key) => store.create(key, bytes("0"))));
  let round = 0;
  const stopping = new AbortController();
  const writing = (async () => {
    while (!stopping.signal.aborted) {
      round++;
      left = await store.update("/l", bytes(String(round)), left!.revision);
      right = await store.update("/r", bytes(String(round)), right!.revision);
    }
  })();
  let seen = 0;
  // On a busy machine the writer may come late.
  for (let reads = 0; reads < 20 || round < 2 || seen <= 3; reads++) {
    const state = await readEmbeddedState(directory, clock);
    const [one, other] = ["/l", "/r"].map((key) => Number(state.objects.find((object) => object.key === key)?.value));
    assert.ok(one === other || one === other! + 1, `${one} and ${other}`);
    assert.ok(state.revision >= seen);
    assert.equal(state.revision, state.objects.at(-1)?.revision);
    seen = state.revision;
  }
  stopping.abort();
  await writing;
  await store.close();
});

test("a restored store holds the same, goes on far above, and sends watchers of before to list anew", async (context) => {
  const [from, to] = [directoryOf(context), directoryOf(context)];
  const store = await open(from);
  await store.create("/a", bytes("1"));
  const { revision } = await store.create("/b", bytes("2"));
  await store.update("/b", bytes("3"), revision);
  await store.create("/event", bytes("x"), { timeToLiveSeconds: 60 });
  const { revision: gone } = await store.create("/gone", bytes("x"));
  await store.delete("/gone", gone);
  const last = store.revision();
  await store.close();
  const state = await readEmbeddedState(from, clock);
  await writeEmbeddedState(join(to, "store"), state, clock);
  await assert.rejects(writeEmbeddedState(join(to, "store"), state, clock), /has a store already/);

  const restored = await open(join(to, "store"));
  const list = (await restored.list({ prefix: "/" })).items;
  assert.deepEqual(
    list.map((item) => [item.key, item.value.toString(), item.revision]),
    [
      ["/a", "1", 2],
      ["/b", "3", 4],
      ["/event", "x", 5],
    ],
  );
  assert.equal(restored.revision(), last + REVISION_BUMP);
  for (const after of [1, last, last + 1000, last + REVISION_BUMP - 1]) {
    await assert.rejects(async () => await watchFrom(restored, after).next(), CompactedError);
  }
  const created = await restored.create("/gone", bytes("y"));
  assert.equal(created.revision, last + REVISION_BUMP + 1);
  await clock.advance(61_000);
  await restored.create("~barrier", bytes("x"));
  assert.equal(await restored.get("/event"), undefined, "it has gone when its time was over");
  await restored.close();
});

test("keys that etcd wrote at one revision get one each", async (context) => {
  const directory = directoryOf(context);
  const objects = [2, 3, 3, 3, 5].map((revision, index) => ({
    key: `/${index}`,
    value: bytes(String(index)),
    revision,
  }));
  await writeEmbeddedState(directory, { revision: 6, objects }, clock);
  const store = await open(directory);
  const items = (await store.list({ prefix: "/" })).items;
  assert.deepEqual(
    items.map((item) => [item.key, item.value.toString(), item.revision]),
    [
      ["/0", "0", 2],
      ["/1", "1", 3],
      ["/2", "2", 7],
      ["/3", "3", 8],
      ["/4", "4", 5],
    ],
  );
  await store.close();
});

test("a directory without a store is told", async (context) => {
  await assert.rejects(readEmbeddedState(directoryOf(context), clock), /there is no store in .*--data-dir/);
});
