import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { AnyObject, ApiObject } from "../../api/meta.ts";
import { internalError } from "../../api/status.ts";
import { silentLogger } from "../../base/log.ts";
import { settle, VirtualClock } from "../../base/virtual-clock.ts";
import { createMemoryStore } from "../../store/memory/memory-store.ts";
import type { Store } from "../../store/store.ts";
import { encode, objectOf } from "../registry/codec.ts";
import type { Conversion } from "../registry/conversion.ts";
import { entryReader } from "../registry/shown.ts";
import { ResourceStorage } from "../registry/storage.ts";
import { StoreFeed } from "./store-feed.ts";
import { WatchCache } from "./watch-cache.ts";

const PREFIX = "/registry/example.com/things/";
const stopping = new AbortController();
let store: Store;
let feed: StoreFeed;

beforeEach(() => {
  const clock = new VirtualClock();
  store = createMemoryStore({ clock });
  feed = new StoreFeed({ store, root: "/registry/", clock, log: silentLogger });
  void feed.run(stopping.signal);
});
afterEach(() => store.close());

/** A conversion that answers when the test says so; names are told in the order in which they are asked for. */
function slowConversion() {
  const asked: string[][] = [];
  const waiting: (() => void)[] = [];
  const refused = new Set<string>();
  const conversion: Conversion = {
    storageVersion: "v1",
    toStored: (object) => ({ ...object, apiVersion: "example.com/v1" }),
    async fromStored(objects) {
      asked.push(objects.map(({ metadata }) => metadata?.name ?? ""));
      await new Promise<void>((resolve) => waiting.push(resolve));
      const broken = objects.find(({ metadata }) => refused.has(metadata?.name ?? ""));
      if (broken !== undefined) throw internalError(`cannot convert ${broken.metadata?.name}`);
      return objects.map((object) => ({ ...object, apiVersion: "example.com/v2", converted: true }) as ApiObject);
    },
  };
  return { asked, refused, conversion, answer: () => waiting.shift()?.() };
}

const thing = (name: string): AnyObject => ({ apiVersion: "example.com/v1", kind: "Thing", metadata: { name } });
const put = (name: string) => store.create(PREFIX + name, encode(thing(name)));

function cacheWith(conversion: Conversion): WatchCache {
  return new WatchCache({ prefix: PREFIX, store, feed, reader: entryReader(conversion) });
}

async function loaded(slow: ReturnType<typeof slowConversion>): Promise<WatchCache> {
  const cache = cacheWith(slow.conversion);
  const fresh = cache.fresh();
  await settle();
  slow.answer();
  await fresh;
  return cache;
}

test("changes come in their order, however long the conversion of each takes, and a fresh read waits for it", async () => {
  const slow = slowConversion();
  await put("a");
  const cache = await loaded(slow);
  assert.deepEqual(slow.asked, [["a"]]);
  const seen: string[] = [];
  const from = cache.revision;
  const watch = cache.watch({ prefix: PREFIX }, from);
  const watching = (async () => {
    for (let batch = await watch.next(); batch !== undefined; batch = await watch.next()) {
      for (const item of batch) {
        if (item === "tick") continue;
        const object = item.event.object(item.type) as AnyObject;
        seen.push(`${item.type} ${object.metadata?.name} ${object.converted}`);
      }
    }
  })();
  await put("b");
  const { revision } = await put("c");
  await settle();
  assert.deepEqual(slow.asked.slice(1), [["b"]]);
  assert.equal(cache.revision, from);
  let isFresh = false;
  const fresh = Promise.resolve(cache.fresh()).then((reached) => {
    isFresh = true;
    return reached;
  });
  await settle();
  assert.equal(isFresh, false);
  slow.answer();
  await settle();
  assert.deepEqual(seen, ["ADDED b true"]);
  assert.equal(isFresh, false);
  slow.answer();
  assert.equal(await fresh, revision);
  await settle();
  assert.deepEqual(seen, ["ADDED b true", "ADDED c true"]);
  watch.close();
  await watching;
});

test("what cannot be converted is told to who asks, ends watchers, and is tried again", async () => {
  const slow = slowConversion();
  await put("a");
  const cache = await loaded(slow);
  let ended = false;
  const watching = (async () => {
    const watch = cache.watch({ prefix: PREFIX }, cache.revision);
    while ((await watch.next()) !== undefined);
    ended = true;
  })();
  slow.refused.add("b");
  await put("b");
  await settle();
  slow.answer();
  await settle();
  assert.equal(ended, true);
  await watching;
  const asked = assert.rejects(async () => cache.fresh(), /cannot convert b/);
  await settle();
  slow.answer();
  await asked;
  slow.refused.clear();
  const again = cache.fresh();
  await settle();
  slow.answer();
  await again;
  assert.equal(cache.candidates({ prefix: PREFIX }).length, 2);
});

test("what is written comes back as it is shown, and what is stored is in the stored version", async () => {
  const slow = slowConversion();
  const storage = new ResourceStorage({ store, cache: cacheWith(slow.conversion), conversion: slow.conversion });
  const writing = storage.create({ ...thing("a"), apiVersion: "example.com/v2" });
  await settle();
  slow.answer();
  const written = await writing;
  assert.equal(written.object.apiVersion, "example.com/v2");
  assert.equal(objectOf(written.bytes).metadata?.resourceVersion, String(written.revision));
  assert.equal(storage.isStoredAsWritten(written), true);
  assert.match((await store.get(`${PREFIX}a`))!.value.toString(), /"apiVersion":"example.com\/v1"/);
});

test("a cache that was closed ends its watchers, and still answers who was about to read", async () => {
  const conversion: Conversion = {
    storageVersion: "v1",
    toStored: (object) => object,
    fromStored: (objects) => objects,
  };
  await put("a");
  const cache = cacheWith(conversion);
  await cache.fresh();
  const watch = cache.watch({ prefix: PREFIX }, cache.revision);
  const first = watch.next();
  cache.close();
  assert.equal(await first, undefined);
  await put("b");
  await cache.fresh();
  assert.equal(cache.candidates({ prefix: PREFIX }).length, 2);
  const late = cache.watch({ prefix: PREFIX }, cache.revision);
  assert.equal(await late.next(), undefined);
});
