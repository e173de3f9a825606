import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { settle, VirtualClock } from "../../base/virtual-clock.ts";
import { bytes, eventsUntil, watchFrom } from "../conformance/harness.ts";
import { CompactedError } from "../store.ts";
import { createMemoryStore } from "./memory-store.ts";

test("a watch that does not keep up ends with an error instead of growing the heap", async () => {
  const store = createMemoryStore({ clock: new VirtualClock(), history: { events: 100 } });
  const slow = watchFrom(store, store.revision());
  const first = slow.next();
  await store.create("/0", bytes("x"));
  assert.equal((await first).done, false);
  for (let index = 1; index <= 300; index++) await store.create(`/${index}`, bytes("x"));
  await assert.rejects(async () => await slow.next(), CompactedError);
  assert.equal((await slow.next()).done, true, "after its error it has ended");
  await store.close();
});

test("a watch that keeps up is not disturbed by a small history", async () => {
  const store = createMemoryStore({ clock: new VirtualClock(), history: { events: 100 } });
  const watch = watchFrom(store, store.revision());
  for (let index = 1; index <= 1000; index++) {
    const { revision } = await store.create(`/${index}`, bytes("x"));
    assert.equal((await eventsUntil(store, watch, revision)).length, 1);
  }
  await store.close();
});

test("many quiet watches share one progress, only when somebody asks or time has passed", async () => {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock });
  const start = store.revision();
  let woken = 0;
  for (let index = 0; index < 100; index++) {
    const watch = watchFrom(store, start, { prefix: `/quiet/${index}/` });
    void watch.next().then(() => woken++);
  }
  for (let index = 0; index < 50; index++) await store.create(`/busy/${index}`, bytes("x"));
  await settle();
  assert.equal(woken, 0, "writing does not wake who has nothing to see");
  store.revision();
  await settle();
  assert.equal(woken, 100);
  await store.close();
});

test("no listener stays on a signal", async () => {
  const store = createMemoryStore({ clock: new VirtualClock() });
  const { signal } = new AbortController();
  const left = watchFrom(store, 0, { signal });
  const failed = watchFrom(store, store.revision() + 5, { signal });
  watchFrom(store, store.revision(), { signal });
  assert.equal(getEventListeners(signal, "abort").length, 3);
  await left.return?.();
  await assert.rejects(async () => await failed.next());
  await store.close();
  assert.equal(getEventListeners(signal, "abort").length, 0);
});
