import assert from "node:assert/strict";
import { test } from "node:test";
import { Alarms } from "../../base/alarms.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { CompactedError } from "../../store/store.ts";
import { CacheEvent } from "./entry.ts";
import { LiveWatch, type WatchSettings } from "./live-watch.ts";
import type { SelectedEvent } from "./selection.ts";

const eventAt = (revision: number): SelectedEvent => ({
  type: "ADDED",
  event: new CacheEvent(revision, undefined, { key: "/a", revision, bytes: Buffer.from("{}") }),
});

function watchFrom(
  afterRevision: number,
  options: {
    history?: AsyncGenerator<SelectedEvent, void, undefined>;
    joinedAt?: number;
    settings?: WatchSettings;
  } = {},
) {
  const { history, joinedAt = afterRevision, settings = {} } = options;
  let left = 0;
  const watch = new LiveWatch({
    selection: { prefix: "/" },
    afterRevision,
    joinedAt,
    history,
    settings,
    left: () => void left++,
  });
  return { watch, left: () => left };
}

const revisions = (batch: readonly (SelectedEvent | "tick")[] | undefined) =>
  batch?.map((item) => (item === "tick" ? item : item.event.revision));

test("who is ahead of the cache hears nothing that it knows", async () => {
  const { watch } = watchFrom(3, { joinedAt: 1 });
  for (const revision of [2, 3]) watch.queue.push(eventAt(revision));
  const next = watch.next();
  await Promise.resolve();
  for (const revision of [4, 5]) watch.queue.push(eventAt(revision));
  assert.deepEqual(revisions(await next), [4, 5]);
});

test("what came together is given together", async () => {
  const { watch, left } = watchFrom(3);
  for (const revision of [4, 5]) watch.queue.push(eventAt(revision));
  assert.deepEqual(revisions(await watch.next()), [4, 5]);
  const next = watch.next();
  watch.queue.push(eventAt(6));
  assert.deepEqual(revisions(await next), [6]);
  watch.queue.push(eventAt(7));
  watch.close();
  assert.equal(left(), 1);
  assert.deepEqual(revisions(await watch.next()), [7]);
  assert.equal(await watch.next(), undefined);
});

test("history comes first", async () => {
  async function* history() {
    yield eventAt(1);
    yield eventAt(2);
  }
  const { watch } = watchFrom(0, { history: history() });
  watch.queue.push(eventAt(3));
  const seen = [await watch.next(), await watch.next(), await watch.next(), await watch.next()].map(revisions);
  assert.deepEqual(seen, [[1], [2], [], [3]]);
});

test("who is ended before the whole history gets nothing that is newer", async () => {
  const ending = Promise.withResolvers<void>();
  async function* history() {
    yield eventAt(1);
    await ending.promise;
  }
  const { watch } = watchFrom(0, { history: history() });
  assert.deepEqual(revisions(await watch.next()), [1]);
  watch.queue.push(eventAt(3));
  watch.close();
  ending.resolve();
  assert.equal(await watch.next(), undefined);
});

test("history that is gone is told", async () => {
  // biome-ignore lint/correctness/useYield: it fails before.
  async function* history(): AsyncGenerator<SelectedEvent, void, undefined> {
    throw new CompactedError(3, 5);
  }
  await assert.rejects(watchFrom(0, { history: history() }).watch.next(), CompactedError);
});

test("ticks come while nothing else does, until the end", async () => {
  const clock = new VirtualClock();
  const { watch } = watchFrom(0, { settings: { tickMs: 1000, alarms: new Alarms(clock) } });
  await clock.advance(1000);
  assert.deepEqual(revisions(await watch.next()), ["tick"]);
  watch.queue.push(eventAt(4));
  await clock.advance(1000);
  assert.deepEqual(revisions(await watch.next()), [4]);
  watch.close();
  await clock.advance(5000);
  assert.equal(await watch.next(), undefined);
});
