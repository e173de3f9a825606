import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { AnyObject } from "../../api/meta.ts";
import { silentLogger } from "../../base/log.ts";
import { turnsUntil, WorkClock } from "../../base/testing/work-clock.ts";
import { nextTurn } from "../../base/turn.ts";
import { createMemoryStore } from "../../store/memory/memory-store.ts";
import type { ListRequest, Store } from "../../store/store.ts";
import { encode } from "../registry/codec.ts";
import { StoreFeed } from "./store-feed.ts";
import { WatchCache } from "./watch-cache.ts";

const PREFIX = "/registry/configmaps/";
const COUNT = 2000;
const stopping = new AbortController();
const clock = new WorkClock();
const pages: number[] = [];
let store: Store;
let feed: StoreFeed;

const configMap = (name: string): Buffer =>
  encode({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } } as AnyObject);
const keyOf = (index: number): string => `${PREFIX}default/${String(index).padStart(5, "0")}`;

before(async () => {
  const memory = createMemoryStore({ clock });
  const list = memory.list.bind(memory);
  // To read one takes a hundredth of a millisecond here.
  store = Object.assign(memory, {
    async list(request: ListRequest) {
      const result = await list(request);
      pages.push(result.items.length);
      clock.work(result.items.length / 100);
      return result;
    },
  });
  for (let index = 0; index < COUNT; index++) await memory.create(keyOf(index), configMap(`${index}`));
  feed = new StoreFeed({ store, root: "/registry/", clock, log: silentLogger });
  void feed.run(stopping.signal);
});
after(() => {
  stopping.abort();
  return store.close();
});

test("very many objects are read in pages, and what is written meanwhile is not missed", async () => {
  const cache = new WatchCache({ prefix: PREFIX, store, feed });
  const fresh = Promise.resolve(cache.fresh());
  const turns = turnsUntil(fresh, clock);
  while (pages.length === 0) await nextTurn();
  await store.create(keyOf(-1), configMap("new"));
  await store.delete(keyOf(7), (await store.get(keyOf(7)))!.revision);
  assert.ok(!cache.isLoaded, "the writes came meanwhile");
  await fresh;
  assert.ok(Math.max(...(await turns)) < 11, `${await turns}`);
  assert.ok(Math.max(...pages) <= 500, `${pages}`);
  await cache.fresh();
  assert.equal(cache.size, COUNT);
  assert.equal(cache.get(keyOf(7)), undefined);
  assert.notEqual(cache.get(keyOf(-1)), undefined);
  cache.close();
});

test("a follower is told of very many objects in turns, then of what changed meanwhile", async () => {
  const cache = new WatchCache({ prefix: PREFIX, store, feed });
  await cache.fresh();
  const told: string[] = [];
  const following = cache.follow(({ before, after }) => {
    clock.work(0.01);
    told.push(`${before === undefined ? "" : "-"}${after?.key ?? ""}`);
  });
  while (told.length === 0) await nextTurn();
  await store.create(keyOf(COUNT), configMap("later"));
  await cache.fresh();
  assert.ok(told.length < COUNT, `${told.length} were told by then`);
  assert.ok(!told.includes(keyOf(COUNT)));
  const turns = await turnsUntil(following, clock);
  assert.ok(Math.max(...turns) < 6, `${turns}`);
  assert.equal(told.length, COUNT + 1);
  assert.equal(told.at(-1), keyOf(COUNT));
  const { revision } = (await store.get(keyOf(3)))!;
  await store.delete(keyOf(3), revision);
  await cache.fresh();
  assert.equal(told.at(-1), "-");
  (await following)();
  cache.close();
});
