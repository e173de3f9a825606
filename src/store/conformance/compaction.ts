import assert from "node:assert/strict";
import { CompactedError, FutureRevisionError } from "../store.ts";
import { bytes, createAll, eventsUntil, lineOf, type OpenStore, storeCase, watchFrom } from "./harness.ts";

export function compactionCases(open: OpenStore): void {
  storeCase("compaction forgets what was replaced and keeps what is there", open, async ({ store }) => {
    const one = await store.create("/a", bytes("one"));
    const kept = await store.create("/kept", bytes("kept"));
    const two = await store.update("/a", bytes("two"), one.revision);
    const three = await store.update("/a", bytes("three"), two.revision);
    await store.compact(two.revision);
    assert.equal(store.compactedRevision(), two.revision);
    await assert.rejects(store.get("/a", { revision: kept.revision }), CompactedError);
    await assert.rejects(store.list({ prefix: "/", revision: one.revision }), (error) => {
      assert.ok(error instanceof CompactedError);
      assert.equal(error.compactedRevision, two.revision);
      return true;
    });
    assert.equal((await store.get("/a", { revision: two.revision }))?.value.toString(), "two");
    assert.equal((await store.get("/kept", { revision: two.revision }))?.value.toString(), "kept");
    assert.deepEqual(
      (await store.list({ prefix: "/" })).items.map((item) => item.revision),
      [three.revision, kept.revision],
    );
    assert.equal(store.revision(), three.revision, "compaction takes no revision and gives none back");
  });

  storeCase("a watch from before the compaction ends with its error, one from it is whole", open, async ({ store }) => {
    const one = await store.create("/a", bytes("one"));
    const gone = await store.delete("/a", one.revision);
    const again = await store.create("/a", bytes("two"));
    const last = await store.delete("/a", again.revision);
    await store.compact(gone.revision);
    await assert.rejects(async () => await watchFrom(store, one.revision).next(), CompactedError);
    const watch = watchFrom(store, gone.revision);
    const events = await eventsUntil(store, watch, last.revision);
    assert.deepEqual(events.map(lineOf), [`put /a=two @${again.revision}`, `delete /a=two<two @${last.revision}`]);
    await watch.return?.();
  });

  storeCase("a delete right after the compacted revision is not missed", open, async ({ store }) => {
    const one = await store.create("/a", bytes("one"));
    await store.compact(one.revision);
    const gone = await store.delete("/a", one.revision);
    const watch = watchFrom(store, one.revision);
    assert.deepEqual((await eventsUntil(store, watch, gone.revision)).map(lineOf), [
      `delete /a=one<one @${gone.revision}`,
    ]);
    await watch.return?.();
  });

  storeCase("a watch that waits does not notice a compaction", open, async ({ store }) => {
    const watch = watchFrom(store, store.revision(), { prefix: "/p/" });
    // It goes: history before what it has given is nothing to it.
    await eventsUntil(store, watch, await createAll(store, ["/p/first"]));
    const waiting = watch.next();
    await store.compact(await createAll(store, ["/q/a", "/q/b"]));
    const { revision } = await store.create("/p/a", bytes("x"));
    const first = await waiting;
    assert.ok(!first.done);
    const rest = first.value.revision >= revision ? [] : await eventsUntil(store, watch, revision);
    assert.deepEqual(
      [...first.value.events, ...rest].map((event) => event.key),
      ["/p/a"],
    );
    await watch.return?.();
  });

  storeCase("compaction of the past again is nothing, of the future an error", open, async ({ store }) => {
    const revision = await createAll(store, ["/a", "/b"]);
    await store.compact(revision);
    await store.compact(revision - 1);
    assert.equal(store.compactedRevision(), revision);
    await assert.rejects(store.compact(revision + 1), FutureRevisionError);
    assert.equal((await store.list({ prefix: "/" })).items.length, 2);
    assert.equal((await store.list({ prefix: "/", revision })).items.length, 2);
  });

  storeCase("removed keys are gone for good after compaction, and can come back", open, async ({ store }) => {
    const first = await store.create("/a", bytes("one"));
    const gone = await store.delete("/a", first.revision);
    await store.compact(gone.revision);
    const listed = await store.list({ prefix: "/", limit: 1 });
    assert.deepEqual([listed.items, listed.remaining], [[], 0]);
    const again = await store.create("/a", bytes("two"));
    const watch = watchFrom(store, gone.revision);
    assert.deepEqual((await eventsUntil(store, watch, again.revision)).map(lineOf), [`put /a=two @${again.revision}`]);
    await watch.return?.();
  });
}
