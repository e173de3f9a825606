import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alarms } from "../../base/alarms.ts";
import { CacheEvent, entryOf } from "../cache/entry.ts";
import { LiveWatch } from "../cache/live-watch.ts";
import type { SelectedEvent, Selection } from "../cache/selection.ts";
import type { ServedResource } from "../registry/resource.ts";
import { StoredWatchEvents } from "./watch-events.ts";

const FROM = 10;
const CACHE_AT = 50;
const selection: Selection = { prefix: "/registry/things/" };
const alarms = { set: () => 0, cancel() {} } as unknown as Alarms;

function changeAt(revision: number): SelectedEvent {
  const entry = entryOf({ key: "/registry/things/a", revision }, Buffer.from("{}"));
  return { type: "ADDED", event: new CacheEvent(revision, undefined, entry) };
}

/** A watch from FROM of a cache that is at CACHE_AT. */
function watching(history?: (isOver: AbortSignal) => AsyncGenerator<SelectedEvent, void, undefined>) {
  const reading = new AbortController();
  const live = new LiveWatch({
    selection,
    afterRevision: FROM,
    joinedAt: CACHE_AT,
    ...(history && { history: history(reading.signal), stopReading: () => reading.abort() }),
    settings: {},
    left() {},
  });
  const resource = {
    schema: { group: "", version: "v1", kind: "Thing" },
    storage: { cache: { revision: CACHE_AT, watch: () => live } },
  } as unknown as ServedResource;
  const start = { revision: FROM, initialEvents: false, initialBookmark: false };
  const events = new StoredWatchEvents(resource, { selection, start, bookmarks: true, timeoutMs: 1, alarms });
  return { live, events };
}

async function rest(events: StoredWatchEvents): Promise<string[]> {
  const told: string[] = [];
  for (let batch = await events.next(); batch !== undefined; batch = await events.next()) {
    for (const each of batch) {
      const revision = "event" in each ? each.event.revision : each.object.metadata?.resourceVersion;
      told.push(`${each.type}@${revision}`);
    }
  }
  return told;
}

test("the last bookmark is where the cache is, when all had been told", async () => {
  const { live, events } = watching();
  await events.next();
  live.queue.push(changeAt(CACHE_AT - 1));
  await events.next();
  events.alarm();
  assert.deepEqual(await rest(events), [`BOOKMARK@${CACHE_AT}`]);
});

test("the last bookmark is not ahead of what was told: some waits, some of the past was not read, too much had come", async () => {
  const waits = watching();
  await waits.events.next();
  waits.live.queue.push(changeAt(CACHE_AT - 5));
  waits.events.alarm();
  assert.deepEqual(await rest(waits.events), [`ADDED@${CACHE_AT - 5}`, `BOOKMARK@${CACHE_AT - 5}`]);

  const past = watching(async function* (isOver) {
    for (let revision = FROM + 1; revision < CACHE_AT && !isOver.aborted; revision++) yield changeAt(revision);
  });
  while ((await past.events.next())?.length === 0);
  past.events.alarm();
  assert.deepEqual(await rest(past.events), [`BOOKMARK@${FROM + 1}`]);

  const slow = watching();
  await slow.events.next();
  slow.live.queue.push(changeAt(CACHE_AT - 5));
  slow.live.queue.end();
  slow.events.alarm();
  assert.deepEqual(await rest(slow.events), [`ADDED@${CACHE_AT - 5}`, `BOOKMARK@${CACHE_AT - 5}`]);
});
