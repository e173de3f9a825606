import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../base/log.ts";
import { settle, VirtualClock } from "../../base/virtual-clock.ts";
import { createMemoryStore } from "../../store/memory/memory-store.ts";
import { CompactedError, type Store, StoreUnavailableError, type WatchBatch } from "../../store/store.ts";
import { StoreFeed } from "./store-feed.ts";

/** A store that others write to as well: how far it is must be asked for, and its watch comes later. */
function sharedStore() {
  const revisions: PromiseWithResolvers<number>[] = [];
  let batches = Promise.withResolvers<WatchBatch>();
  const watchedFrom: number[] = [];
  const store = {
    revision: () => 5,
    currentRevision() {
      const asked = Promise.withResolvers<number>();
      revisions.push(asked);
      return asked.promise;
    },
    async *watch({ afterRevision }: { afterRevision: number }) {
      watchedFrom.push(afterRevision);
      for (;;) yield await batches.promise.finally(() => (batches = Promise.withResolvers()));
    },
  } as unknown as Store;
  return {
    store,
    watchedFrom,
    answer: (revision: number) => revisions.shift()!.resolve(revision),
    give: (revision: number) => batches.resolve({ revision, events: [] }),
    fail: (error: Error) => batches.reject(error),
  };
}

function feedOf(store: Store) {
  const clock = new VirtualClock();
  const stopping = new AbortController();
  const feed = new StoreFeed({ store, root: "/registry/", clock, log: silentLogger });
  const running = feed.run(stopping.signal);
  return { feed, clock, stopping, running };
}

const isSettled = async (asked: unknown): Promise<boolean> => {
  let settled = false;
  Promise.resolve(asked).then(
    () => (settled = true),
    () => (settled = true),
  );
  await settle();
  return settled;
};

test("a store of one's own says at once how far it is", async () => {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock });
  const { feed, stopping, running } = feedOf(store);
  const { revision } = await store.create("/registry/pods/a", Buffer.from("{}"));
  assert.equal(await feed.fresh(), revision);
  assert.equal(feed.seenRevision, revision);
  stopping.abort();
  await running;
  await store.close();
});

test("a shared store is asked, and the watch is waited for", async () => {
  const shared = sharedStore();
  const { feed, stopping } = feedOf(shared.store);
  const fresh = feed.fresh();
  assert.equal(await isSettled(fresh), false, "nobody has said how far the store is");
  shared.answer(8);
  assert.equal(await isSettled(fresh), false, "the watch is not there yet");
  shared.give(7);
  assert.equal(await isSettled(fresh), false);
  shared.give(9);
  assert.equal(await fresh, 8);
  stopping.abort();
});

test("who waits too long for the watch hears that", async () => {
  const shared = sharedStore();
  const { feed, clock, stopping } = feedOf(shared.store);
  const early = feed.waitFor(8);
  early.catch(() => {});
  await clock.advance(6000);
  const late = feed.waitFor(9);
  late.catch(() => {});
  await clock.advance(5000);
  await assert.rejects(early, StoreUnavailableError);
  assert.equal(await isSettled(late), false);
  shared.give(9);
  await late;
  stopping.abort();
});

test("after lost history all is read anew, from where the store is now", async () => {
  const shared = sharedStore();
  const { feed, clock, stopping } = feedOf(shared.store);
  let resets = 0;
  feed.attach("/registry/pods/", { event: () => {}, reset: () => resets++ });
  await settle();
  shared.fail(new CompactedError(5, 50));
  await settle();
  assert.equal(resets, 0, "not before it is known where that is");
  shared.answer(60);
  await settle();
  assert.equal(resets, 1);
  assert.equal(feed.seenRevision, 60);
  await clock.advance(1000);
  assert.deepEqual(shared.watchedFrom, [5, 60]);
  stopping.abort();
});

/** A feed that has come to where its store is, with a listener for pods. */
async function listening() {
  const store = createMemoryStore({ clock: new VirtualClock() });
  const { feed, stopping, running } = feedOf(store);
  const order: string[] = [];
  feed.attach("/registry/pods/", { event: ({ key }) => order.push(`told of ${key.at(-1)}`), reset: () => {} });
  await settle();
  return {
    feed,
    order,
    /** Writes, and answers in the same turn, as a server does. */
    write: async (name: string) => {
      await store.create(`/registry/pods/${name}`, Buffer.from("{}"));
      setImmediate(() => order.push(`answered ${name}`));
    },
    stop: async () => {
      stopping.abort();
      await running;
      await store.close();
    },
  };
}

test("who writes is answered before others are told of it, and all are told in that turn", async () => {
  const { order, write, stop } = await listening();
  for (const name of ["a", "b"]) {
    await write(name);
    assert.ok(!order.includes(`told of ${name}`));
    await settle();
  }
  assert.deepEqual(order, ["answered a", "told of a", "answered b", "told of b"]);
  await stop();
});

test("while one is in a hurry all are told at once, also of what had to wait", async () => {
  const { feed, order, write, stop } = await listening();
  await write("a");
  const done = feed.hurry();
  await write("b");
  await feed.fresh();
  assert.deepEqual(order, ["told of a", "told of b"]);
  done();
  await settle();
  await write("c");
  await settle();
  assert.deepEqual(order.slice(2), ["answered a", "answered b", "answered c", "told of c"]);
  await stop();
});
