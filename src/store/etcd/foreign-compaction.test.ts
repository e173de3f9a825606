import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { startEtcd, withoutEtcd } from "../../../test/support/etcd.ts";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { systemRandom } from "../../base/random.ts";
import { eventsUntil, lineOf, watchFrom } from "../conformance/harness.ts";
import { CompactedError, type Store } from "../store.ts";
import { openEtcdStore } from "./etcd-store.ts";

/** A store, and another program on the same etcd, whose compactions the store is not told of. */
async function world(context: TestContext): Promise<{ store: Store; other: Store }> {
  const etcd = await startEtcd();
  context.after(() => etcd.stop());
  const open = () => openEtcdStore({ servers: etcd.urls, clock: systemClock, random: systemRandom, log: silentLogger });
  const [store, other] = [await open(), await open()];
  context.after(() => Promise.all([store.close(), other.close()]));
  return { store, other };
}

const options = { skip: withoutEtcd(), timeout: 60_000 };
const value = (text: string): Buffer => Buffer.from(text);

test("a delete at the revision that another program has compacted is not missed", options, async (context) => {
  const { store, other } = await world(context);
  const one = await other.create("/a", value("one"));
  const gone = await other.delete("/a", one.revision);
  await other.compact(gone.revision);
  await assert.rejects(async () => await watchFrom(store, one.revision).next(), CompactedError);
  const watch = watchFrom(store, gone.revision);
  const again = await other.create("/a", value("two"));
  assert.deepEqual((await eventsUntil(store, watch, again.revision)).map(lineOf), [`put /a=two @${again.revision}`]);
  await watch.return?.();
});

test("an update at that revision is not told as a creation", options, async (context) => {
  const { store, other } = await world(context);
  const one = await other.create("/a", value("one"));
  const two = await other.update("/a", value("two"), one.revision);
  await other.compact(two.revision);
  await assert.rejects(async () => await watchFrom(store, one.revision).next(), CompactedError);
  const watch = watchFrom(store, two.revision);
  const gone = await other.delete("/a", two.revision);
  assert.deepEqual((await eventsUntil(store, watch, gone.revision)).map(lineOf), [
    `delete /a=two<two @${gone.revision}`,
  ]);
  await watch.return?.();
});

test(
  "reads at revisions that another program has compacted are refused, with what is left",
  options,
  async (context) => {
    const { store, other } = await world(context);
    const one = await other.create("/a", value("one"));
    const two = await other.update("/a", value("two"), one.revision);
    const three = await other.update("/a", value("three"), two.revision);
    await other.compact(two.revision);
    await assert.rejects(store.get("/a", { revision: one.revision }), (error) => {
      assert.ok(error instanceof CompactedError);
      assert.equal(error.compactedRevision, two.revision);
      return true;
    });
    assert.equal((await store.get("/a", { revision: two.revision }))?.value.toString(), "two");
    assert.equal((await store.list({ prefix: "/" })).revision, three.revision);
  },
);

test("a watch that waits goes on when another program compacts all that it has given", options, async (context) => {
  const { store, other } = await world(context);
  const one = await other.create("/a", value("one"));
  const watch = watchFrom(store, one.revision - 1);
  await eventsUntil(store, watch, one.revision);
  const waiting = watch.next();
  const two = await other.update("/a", value("two"), one.revision);
  const first = await waiting;
  assert.ok(first.done !== true);
  assert.deepEqual(first.value.events.map(lineOf), [`put /a=two<one @${two.revision}`]);
  await other.compact(two.revision);
  const gone = await other.delete("/a", two.revision);
  assert.deepEqual((await eventsUntil(store, watch, gone.revision)).map(lineOf), [
    `delete /a=two<two @${gone.revision}`,
  ]);
  await watch.return?.();
});
