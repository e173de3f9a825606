import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { StoreEvent, WatchBatch } from "../store.ts";
import { RecentEvents } from "./recent-events.ts";

const event = (revision: number, key = `/p/${revision}`, size = 1): StoreEvent => ({
  type: "put",
  key,
  revision,
  value: Buffer.alloc(size),
});
const batch = (revision: number, ...keys: string[]): WatchBatch => ({
  revision,
  events: keys.map((key) => event(revision, key)),
});
const shown = (read: WatchBatch | undefined): unknown => read && [read.revision, ...read.events.map(({ key }) => key)];

test("reads the changes of a prefix after any revision that is kept", () => {
  const recent = new RecentEvents(10, { events: 100, bytes: 1e6 });
  assert.equal(recent.read("/", 10), undefined);
  recent.add(batch(12, "/p/a", "/q/a"));
  recent.add(batch(15));
  recent.add(batch(16, "/q/b"));
  assert.deepEqual(shown(recent.read("/p/", 10)), [16, "/p/a"]);
  assert.deepEqual(shown(recent.read("/q/", 12)), [16, "/q/b"]);
  assert.deepEqual(shown(recent.read("/p/", 15)), [16]);
  assert.equal(recent.read("/p/", 16), undefined);
});

test("a long past is read in parts, which never cut through a revision", () => {
  const recent = new RecentEvents(0, { events: 10_000, bytes: 1e9 });
  recent.add(batch(1, ...Array.from({ length: 1500 }, (_, index) => `/p/${index}`)));
  recent.add(batch(2, "/p/last"));
  assert.equal(recent.read("/p/", 0)?.events.length, 1500);
  assert.equal(recent.read("/p/", 0)?.revision, 1);
  assert.deepEqual(shown(recent.read("/p/", 1)), [2, "/p/last"]);
});

test("what the limits do not hold is forgotten, and what is kept has no gap", () => {
  const limits = { events: 50, bytes: 50 * 300 };
  const sizes = fc.array(
    fc.record({ step: fc.integer({ min: 1, max: 3 }), sizes: fc.array(fc.nat(600), { maxLength: 4 }) }),
  );
  fc.assert(
    fc.property(sizes, (batches) => {
      const recent = new RecentEvents(5, limits);
      const all: StoreEvent[] = [];
      let revision = 5;
      for (const { step, sizes: each } of batches) {
        revision += step;
        const events = each.map((size, index) => event(revision, `/${revision}/${index}`, size));
        all.push(...events);
        recent.add({ revision, events });
        const kept = all.filter((one) => one.revision > recent.start);
        const found: StoreEvent[] = [];
        for (let cursor = recent.start; cursor < recent.end; ) {
          const read = recent.read("/", cursor)!;
          found.push(...read.events);
          cursor = read.revision;
        }
        assert.deepEqual(found, kept);
        assert.ok(kept.length <= limits.events);
      }
    }),
  );
});
