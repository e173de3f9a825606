import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { silentLogger } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { type Store, StoreUnavailableError } from "../store.ts";
import { type EmbeddedStoreOptions, openEmbeddedStore } from "./embedded-store.ts";
import { LOG_BYTES } from "./schema.ts";

const VALUE_BYTES = 2000;

interface Opened {
  store: Store;
  clock: VirtualClock;
  directory: string;
}

async function open(context: TestContext, options: Partial<EmbeddedStoreOptions> = {}): Promise<Opened> {
  const directory = mkdtempSync(join(tmpdir(), "wherry-room-"));
  const clock = new VirtualClock();
  const store = await openEmbeddedStore({ directory, clock, log: silentLogger, ...options });
  context.after(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  return { store, clock, directory };
}

const sizeOf = (directory: string, name: string): number =>
  statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0;

/** Replaces the values of all keys at once. */
async function churn(store: Store, fill: string): Promise<void> {
  const { items } = await store.list({ prefix: "/" });
  await Promise.all(items.map((item) => store.update(item.key, Buffer.alloc(VALUE_BYTES, fill), item.revision)));
}

test("hours of churn leave no more than twice the live bytes on the disk", { timeout: 60_000 }, async (context) => {
  const { store, clock, directory } = await open(context);
  const keys = 2000;
  await Promise.all(Array.from({ length: keys }, (_, key) => store.create(`/${key}`, Buffer.alloc(VALUE_BYTES, "a"))));
  for (let minute = 0; minute < 60; minute++) {
    if (minute % 2 === 0) await churn(store, String(minute));
    await clock.advance(60_000);
    assert.ok(sizeOf(directory, "store.db-wal") <= 4 * LOG_BYTES, "the write-ahead log grows");
  }
  await clock.advance(10 * 60_000);
  // Compaction has no work left to do once it can be asked again.
  await store.compact(store.revision());
  const { revision } = await store.create("~", Buffer.from("x"));
  await store.delete("~", revision);
  await store.compact(store.revision());
  assert.equal(sizeOf(directory, "store.db-wal"), 0, "the write-ahead log is given back");
  const ratio = sizeOf(directory, "store.db") / (keys * VALUE_BYTES);
  assert.ok(ratio <= 2, `the database is ${ratio.toFixed(2)} times the live bytes`);
});

test("history is bounded in size, too", async (context) => {
  const { store } = await open(context, { history: { bytes: 200_000, events: 1000 } });
  await store.create("/a", Buffer.alloc(VALUE_BYTES, "0"));
  const start = store.revision();
  for (let round = 0; round < 200; round++) await churn(store, "x");
  assert.ok(store.compactedRevision() > start);
  assert.ok(store.revision() - store.compactedRevision() <= 200_000 / VALUE_BYTES);
});

test("at rest there is no timer and no history", async (context) => {
  const clock = new VirtualClock();
  let timers = 0;
  const counting = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    setTimer(callback: () => void, delayMs: number) {
      timers++;
      return clock.setTimer(callback, delayMs);
    },
  };
  const { store } = await open(context, { clock: counting });
  await store.create("/a", Buffer.from("x"));
  await clock.advance(60 * 60_000);
  const quiet = timers;
  assert.equal(store.compactedRevision(), store.revision());
  await clock.advance(24 * 60 * 60_000);
  assert.equal(timers, quiet);
});

test("a full store refuses writes, reads on, and recovers when there is room", { timeout: 60_000 }, async (context) => {
  const { store, clock } = await open(context, { maximumBytes: 1_000_000 });
  const written: string[] = [];
  await assert.rejects(
    async () => {
      for (let index = 0; ; index++) {
        const key = `/${index}`;
        await store.create(key, Buffer.alloc(20_000, "v"));
        written.push(key);
        if (index === 9) for (let round = 0; round < 10; round++) await churn(store, "w");
      }
    },
    (error) => error instanceof StoreUnavailableError && /no room is left/.test(error.message),
  );
  await assert.rejects(store.create("/refused", Buffer.from("x")), StoreUnavailableError);
  assert.equal((await store.list({ prefix: "/" })).items.length, written.length);
  const watch = store.watch({ prefix: "/", afterRevision: store.revision() })[Symbol.asyncIterator]();
  const next = watch.next();
  // Replaced values go, then the log's own retry finds the room.
  await store.compact(store.revision());
  for (let written: unknown; written === undefined; ) {
    await clock.advance(1000);
    // The disk takes the time that it takes.
    await pause(5);
    written = await store.create("/again", Buffer.from("x")).catch(() => undefined);
  }
  const result = await next;
  assert.ok(!result.done);
  assert.deepEqual(
    result.value.events.map((event) => event.key),
    ["/again"],
  );
});
