import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { silentLogger } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { settle, VirtualClock } from "../../base/virtual-clock.ts";
import { bytes, eventsUntil, watchFrom } from "../conformance/harness.ts";
import { openEmbeddedStore } from "../embedded/embedded-store.ts";
import { CompactedError, type Store, StoreUnavailableError } from "../store.ts";
import { faultyEmbeddedStore } from "./faulty-store.ts";

/** What other stores got wrong, played through on the embedded engine. */
const open = (directory: string): Promise<Store> =>
  openEmbeddedStore({ directory, clock: new VirtualClock(), log: silentLogger });

function directoryOf(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "wherry-bugs-"));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test("a write is not acknowledged before it is durable, nor shown (etcd 14370)", async (context) => {
  const directory = directoryOf(context);
  const clock = new VirtualClock();
  const store = await faultyEmbeddedStore(directory, { clock, random: seededRandom(3), rate: 1 });
  const watch = watchFrom(store, store.revision()).next();
  let seen = 0;
  void watch.then(({ value }) => (seen += value?.events.length ?? 0));
  const outcomes = await Promise.allSettled(["/a", "/b", "/c"].map((key) => store.create(key, bytes("x"))));
  await settle();
  const acknowledged = outcomes.filter(({ status }) => status === "fulfilled").length;
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") assert.ok(outcome.reason instanceof StoreUnavailableError);
  }
  assert.equal((await store.list({ prefix: "/" })).items.length, acknowledged);
  assert.equal(seen, acknowledged);
  await store.close();
});

test("revisions do not go back when everything is deleted, compacted and reopened (etcd 17780)", async (context) => {
  const directory = directoryOf(context);
  const first = await open(directory);
  for (let index = 0; index < 20; index++) {
    const { revision } = await first.create(`/${index}`, bytes("x"));
    await first.delete(`/${index}`, revision);
  }
  const last = first.revision();
  await first.compact(last);
  await first.close();
  const second = await open(directory);
  assert.equal(second.revision(), last);
  assert.equal((await second.create("/new", bytes("x"))).revision, last + 1);
  await second.close();
});

test("a delete at the compaction revision is not missed: it is given, or the watch is refused (etcd 19179)", async (context) => {
  const directory = directoryOf(context);
  let store = await open(directory);
  const { revision } = await store.create("/a", bytes("x"));
  const deleted = await store.delete("/a", revision);
  await store.compact(deleted.revision);
  for (let look = 0; look < 2; look++) {
    await assert.rejects(async () => await watchFrom(store, deleted.revision - 1).next(), CompactedError);
    assert.equal(
      await store.get("/a", { revision: deleted.revision }),
      undefined,
      "who lists anew sees that it is gone",
    );
    await store.close();
    store = await open(directory);
  }
  const { revision: later } = await store.create("/b", bytes("x"));
  const events = await eventsUntil(store, watchFrom(store, deleted.revision), later);
  assert.deepEqual(
    events.map((event) => event.key),
    ["/b"],
  );
  await store.close();
});

test("a watch that resumes after a restart does not go back in time, and misses nothing (kubernetes 59848)", async (context) => {
  const directory = directoryOf(context);
  let store = await open(directory);
  const start = store.revision();
  const given: number[] = [];
  let seen = start;
  for (let restart = 0; restart < 4; restart++) {
    for (let index = 0; index < 10; index++) await store.create(`/${restart}/${index}`, bytes("x"));
    // Half of what is there is read before the restart, the rest after it.
    const upTo = Math.floor((seen + store.revision()) / 2);
    const events = (await eventsUntil(store, watchFrom(store, seen), store.revision())).filter(
      (event) => event.revision <= upTo,
    );
    given.push(...events.map((event) => event.revision));
    seen = upTo;
    await store.close();
    store = await open(directory);
    assert.ok(store.revision() >= seen);
  }
  given.push(...(await eventsUntil(store, watchFrom(store, seen), store.revision())).map((event) => event.revision));
  assert.deepEqual(
    given,
    Array.from({ length: 40 }, (_, index) => start + 1 + index),
  );
  await store.close();
});
