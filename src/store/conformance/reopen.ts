import assert from "node:assert/strict";
import { CompactedError } from "../store.ts";
import {
  bytes,
  createAll,
  eventsUntil,
  lineOf,
  type OpenStore,
  type StoreHarness,
  storeCase,
  texts,
  watchFrom,
} from "./harness.ts";

type DurableHarness = StoreHarness & Required<Pick<StoreHarness, "reopen">>;

/** What must be the same after closing and opening. */
export function reopenCases(open: OpenStore): void {
  const durableCase = (name: string, run: (harness: DurableHarness) => Promise<void>): void =>
    storeCase(name, open, async (harness) => {
      assert.ok(isDurable(harness), "a durable engine's harness can reopen it");
      await run(harness);
    });

  durableCase("reopened: every object, the same revision, and the history", async ({ store, reopen }) => {
    const start = store.revision();
    const one = await store.create("/a", bytes("one"));
    await createAll(store, ["/b", "/c", "/é\u{1f600}"]);
    await store.create("/empty", Buffer.alloc(0));
    const two = await store.update("/a", bytes("two"), one.revision);
    const b = await store.get("/b");
    await store.delete("/b", b!.revision);
    const before = { revision: store.revision(), items: (await store.list({ prefix: "/" })).items };
    const lines = (await eventsUntil(store, watchFrom(store, start), before.revision)).map(lineOf);

    const again = await reopen();
    assert.equal(again.revision(), before.revision);
    assert.deepEqual((await again.list({ prefix: "/" })).items, before.items);
    assert.deepEqual((await eventsUntil(again, watchFrom(again, start), before.revision)).map(lineOf), lines);
    assert.equal((await again.get("/a", { revision: one.revision }))?.value.toString(), "one");
    const three = await again.update("/a", bytes("three"), two.revision);
    assert.equal(three.revision, before.revision + 1);
  });

  durableCase("reopened after compaction: no revision goes back", async ({ store, reopen }) => {
    const revision = await createAll(store, ["/a", "/b"]);
    const gone = await store.delete("/b", revision);
    await store.compact(gone.revision);
    const again = await reopen();
    assert.deepEqual([again.revision(), again.compactedRevision()], [gone.revision, gone.revision]);
    assert.deepEqual(texts((await again.list({ prefix: "/" })).items), [["/a", "value of /a"]]);
    await assert.rejects(again.get("/a", { revision }), CompactedError);
    assert.equal((await again.create("/b", bytes("x"))).revision, gone.revision + 1);
  });

  durableCase("reopened: a time to live goes on", async ({ store, reopen, passSeconds }) => {
    await store.create("/soon", bytes("x"), { timeToLiveSeconds: 10 });
    await store.create("/later", bytes("x"), { timeToLiveSeconds: 100 });
    await passSeconds(6);
    const again = await reopen();
    assert.equal((await again.list({ prefix: "/" })).items.length, 2);
    await passSeconds(6);
    assert.deepEqual(
      (await again.list({ prefix: "/" })).items.map((item) => item.key),
      ["/later"],
    );
  });
}

function isDurable(harness: StoreHarness): harness is DurableHarness {
  return harness.reopen !== undefined;
}
