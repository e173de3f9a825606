import assert from "node:assert/strict";
import { test } from "node:test";
import { CompactedError, type StoredValue } from "../store.ts";
import { compactMap } from "../testing/compact-map.ts";
import { slicedList } from "./sliced-list.ts";
import { VersionedMap } from "./versioned-map.ts";

const KEYS = 25_000;

function filledMap(): VersionedMap {
  const map = new VersionedMap();
  for (let index = 0; index < KEYS; index++) {
    map.apply({ key: `/${String(index).padStart(6, "0")}`, value: Buffer.from("old") });
  }
  return map;
}

const keysOf = (items: readonly StoredValue[]): string[] => items.map((item) => item.key);

test("a large list shows one revision, although others write and compact meanwhile", async () => {
  const map = filledMap();
  const expected = map.list({ prefix: "/" });
  const listing = slicedList(map, { prefix: "/" });
  map.apply({ key: "/024999", value: undefined });
  map.apply({ key: "/015000", value: Buffer.from("new") });
  map.apply({ key: "/024999x", value: Buffer.from("new") });
  assert.deepEqual(await listing, expected);

  const overtaken = slicedList(map, { prefix: "/" });
  map.apply({ key: "/y", value: Buffer.from("new") });
  compactMap(map, map.revision);
  const listed = await overtaken;
  assert.equal(listed.revision, map.revision);
  assert.deepEqual(keysOf(listed.items), keysOf(map.list({ prefix: "/" }).items));
});

test("limit, startKey and remaining hold over the pieces", async () => {
  const map = filledMap();
  const request = { prefix: "/", startKey: "/001000", limit: 21_000 };
  const listed = await slicedList(map, request);
  assert.deepEqual(listed, map.list(request));
  assert.deepEqual([listed.items.length, listed.remaining], [21_000, 3000]);
});

test("a large list of an old revision fails when compaction overtakes it", async () => {
  const map = filledMap();
  const revision = map.revision;
  const listing = slicedList(map, { prefix: "/", revision });
  map.apply({ key: "/x", value: Buffer.from("new") });
  compactMap(map, map.revision);
  await assert.rejects(listing, CompactedError);
});
