import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { StoreEvent } from "../store.ts";
import { compactMap } from "../testing/compact-map.ts";
import { ByteChunks } from "./byte-chunks.ts";
import { PackedChanges } from "./packed-changes.ts";
import { VersionedMap } from "./versioned-map.ts";

/** As text, because what is packed comes back as a copy. */
function shown({ type, key, revision, value, previous }: StoreEvent): unknown {
  const before = previous && { ...previous, value: previous.value.toString() };
  return { type, key, revision, value: value.toString(), previous: before };
}

/** Writes over a few keys, a fifth of them removals, values of many lengths. */
function busyMap(changes: number): { map: VersionedMap; events: unknown[]; states: Map<string, string>[] } {
  const map = new VersionedMap();
  const events: unknown[] = [];
  const state = new Map<string, string>();
  const states: Map<string, string>[] = [new Map()];
  for (let index = 0; index < changes; index++) {
    const key = `/${(index * 7919) % 61}`;
    const value = index % 5 === 0 && state.has(key) ? undefined : `${index} `.repeat((index * 31) % 900);
    events.push(shown(map.apply({ key, value: value === undefined ? undefined : Buffer.from(value) })));
    if (value === undefined) state.delete(key);
    else state.set(key, value);
    states.push(new Map(state));
  }
  return { map, events, states };
}

test("changes of long ago are read as they were told, from every revision on", () => {
  const { map, events } = busyMap(3000);
  const first = map.revision - events.length;
  for (const after of [0, 1, 255, 256, 1000, 2487, 2488, 2999]) {
    const read: unknown[] = [];
    for (let revision = first + after; revision < map.revision; ) {
      const batch = map.read("/", revision, 700);
      read.push(...batch.events.map(shown));
      revision = batch.revision;
    }
    assert.deepEqual(read, events.slice(after));
  }
});

test("to read the past of a key that changes all the time takes as long as it is read, not as the key has changed", () => {
  const map = new VersionedMap();
  const changes = 4000;
  for (let index = 0; index < changes; index++) map.apply({ key: "/hot", value: Buffer.from(`${index}`) });
  const looks = mock.method(PackedChanges.prototype, "at");
  const { events } = map.read("/", map.revision - changes, 1000);
  assert.deepEqual(
    events.map(({ value, previous }) => `${value} ${previous?.value ?? ""}`),
    Array.from({ length: 1000 }, (_, index) => `${index} ${index === 0 ? "" : index - 1}`),
  );
  assert.ok(looks.mock.callCount() <= 1000, `${looks.mock.callCount()} looks`);
  looks.mock.restore();
});

test("states of long ago are shown after one compaction and another, and their room is used again", () => {
  const { map, states } = busyMap(3000);
  const first = map.revision - 3000;
  for (const compacted of [300, 301, 1500, 2990, 3000]) {
    compactMap(map, first + compacted);
    assert.equal(map.history.length, 3000 - compacted);
    for (let at = compacted; at <= 3000; at += 97) {
      const { items, remaining } = map.list({ prefix: "/", revision: first + at });
      const expected = [...states[at]!].sort(([left], [right]) => (left < right ? -1 : 1));
      assert.deepEqual(
        items.map(({ key, value }) => [key, value.toString()]),
        expected,
      );
      assert.equal(remaining, 0);
      assert.equal(
        map.list({ prefix: "/", revision: first + at, limit: 1 }).remaining,
        Math.max(0, expected.length - 1),
      );
    }
  }
  assert.equal(map.history.bytes, 0);
  const { items } = map.list({ prefix: "/" });
  assert.equal(map.keyCount, items.length, "removed keys are forgotten");
});

test("who is a little late gets the objects that were told, and the same bytes", () => {
  const map = new VersionedMap();
  const told = Array.from({ length: 300 }, (_, index) => map.apply({ key: "/a", value: Buffer.from(`${index}`) }));
  const { events } = map.read("/", map.revision - 300, 300);
  assert.ok(events.every((event, index) => event === told[index]));
});

test("a history says how much it keeps, and what leaves no more than that", () => {
  const { map } = busyMap(2000);
  const { history } = map;
  const revision = history.revisionLeaving(1000, history.bytes / 4);
  compactMap(map, revision);
  assert.ok(history.length <= 1000 && history.length > 100);
  assert.equal(history.length, map.revision - revision);
});

test("bytes come back from their chunks, larger ones than a chunk among them; dropped chunks are used again", () => {
  const chunks = new ByteChunks();
  const values = [10, 300_000, 200_000, 100_000, 0, 250_000].map((length, index) => Buffer.alloc(length, `${index}`));
  const places = values.map((value) => chunks.add(value));
  for (const [index, place] of places.entries()) assert.ok(chunks.copy(place).equals(values[index]!));
  chunks.dropBefore(places.at(-1)!.chunk);
  assert.ok(chunks.copy(places.at(-1)!).equals(values.at(-1)!));
  assert.throws(() => chunks.copy(places[0]!));
  const again = values.map((value) => chunks.add(value));
  for (const [index, place] of again.entries()) assert.ok(chunks.copy(place).equals(values[index]!));
});
