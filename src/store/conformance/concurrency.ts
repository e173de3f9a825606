import assert from "node:assert/strict";
import { KeyExistsError, RevisionMismatchError, type Store, type WriteResult } from "../store.ts";
import { bytes, eventsUntil, type OpenStore, storeCase, watchFrom } from "./harness.ts";

export function concurrencyCases(open: OpenStore): void {
  storeCase("of many creates of one key one wins", open, async ({ store }) => {
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => store.create("/a", bytes(String(index)))),
    );
    const won = results.filter((result) => result.status === "fulfilled");
    assert.equal(won.length, 1);
    for (const result of results) {
      if (result.status === "rejected") assert.ok(result.reason instanceof KeyExistsError, String(result.reason));
    }
  });

  storeCase("a refusal names what is durable", open, async ({ store }) => {
    const { revision } = await store.create("/a", bytes("one"));
    const [first, second] = await Promise.allSettled([
      store.update("/a", bytes("two"), revision),
      store.update("/a", bytes("three"), revision),
    ]);
    assert.ok(first.status === "fulfilled" && second.status === "rejected");
    assert.ok(second.reason instanceof RevisionMismatchError);
    assert.equal(second.reason.current?.revision, first.value.revision);
    assert.deepEqual(second.reason.current, await store.get("/a"));
  });

  storeCase("writers that retry on conflict lose no increment", open, async ({ store }) => {
    await store.create("/counter", bytes("0"));
    const watch = watchFrom(store, store.revision());
    await Promise.all(Array.from({ length: 8 }, () => incrementTimes(store, 25)));
    assert.equal((await store.get("/counter"))?.value.toString(), "200");
    const events = await eventsUntil(store, watch, store.revision());
    assert.deepEqual(
      events.map((event) => event.value.toString()),
      Array.from({ length: 200 }, (_, index) => String(index + 1)),
    );
    await watch.return?.();
  });

  storeCase(
    "concurrent writers get revisions of their own, and a read after a write sees it",
    open,
    async ({ store }) => {
      const start = store.revision();
      const revisions: number[] = [];
      const writer = async (name: number): Promise<void> => {
        for (let round = 0; round < 20; round++) {
          const key = `/${name}/${round}`;
          const { revision } = await store.create(key, bytes(key));
          assert.ok(store.revision() >= revision);
          assert.equal((await store.get(key))?.revision, revision);
          revisions.push(revision);
        }
      };
      await Promise.all(Array.from({ length: 16 }, (_, name) => writer(name)));
      revisions.sort((left, right) => left - right);
      assert.deepEqual(
        revisions,
        Array.from({ length: 320 }, (_, index) => start + 1 + index),
      );
    },
  );
}

async function incrementTimes(store: Store, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const current = await store.get("/counter");
    assert.ok(current !== undefined);
    const next = bytes(String(Number(current.value.toString()) + 1));
    try {
      const written: WriteResult = await store.update("/counter", next, current.revision);
      assert.ok(written.revision > current.revision);
      done++;
    } catch (error) {
      assert.ok(error instanceof RevisionMismatchError, String(error));
    }
  }
}
