import assert from "node:assert/strict";
import { bytes, eventsUntil, lineOf, type OpenStore, storeCase, watchFrom } from "./harness.ts";

export function timeToLiveCases(open: OpenStore): void {
  storeCase("a key with a time to live goes away as a delete of its own", open, async ({ store, passSeconds }) => {
    const created = await store.create("/event", bytes("e"), { timeToLiveSeconds: 10 });
    await store.create("/stays", bytes("s"));
    const watch = watchFrom(store, store.revision());
    await passSeconds(8);
    assert.ok((await store.get("/event")) !== undefined, "not too early");
    await passSeconds(4);
    assert.equal(await store.get("/event"), undefined);
    const events = await eventsUntil(store, watch, store.revision());
    assert.ok(events[0] !== undefined && events[0].revision > created.revision + 1);
    assert.deepEqual(events.map(lineOf), [`delete /event=e<e @${events[0].revision}`]);
    assert.ok((await store.get("/stays")) !== undefined);
    await watch.return?.();
  });

  storeCase("each write sets the time to live anew", open, async ({ store, passSeconds }) => {
    const longer = await store.create("/longer", bytes("1"), { timeToLiveSeconds: 5 });
    const forever = await store.create("/forever", bytes("1"), { timeToLiveSeconds: 5 });
    const again = await store.create("/again", bytes("1"), { timeToLiveSeconds: 5 });
    await passSeconds(3);
    await store.update("/longer", bytes("2"), longer.revision, { timeToLiveSeconds: 10 });
    await store.update("/forever", bytes("2"), forever.revision);
    await store.delete("/again", again.revision);
    await store.create("/again", bytes("2"));
    await passSeconds(6);
    assert.equal((await store.list({ prefix: "/" })).items.length, 3);
    await passSeconds(6);
    assert.deepEqual(
      (await store.list({ prefix: "/" })).items.map((item) => item.key),
      ["/again", "/forever"],
    );
  });

  storeCase("many keys expire, each at its time", open, async ({ store, passSeconds }) => {
    await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        store.create(`/${index}`, bytes("x"), { timeToLiveSeconds: 2 + 10 * (index % 3) }),
      ),
    );
    await passSeconds(6);
    assert.equal((await store.list({ prefix: "/" })).items.length, 200);
    await passSeconds(10);
    assert.equal((await store.list({ prefix: "/" })).items.length, 100);
    await passSeconds(10);
    assert.equal((await store.list({ prefix: "/" })).items.length, 0);
  });
}
