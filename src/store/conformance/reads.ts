import assert from "node:assert/strict";
import { FutureRevisionError, type Store } from "../store.ts";
import { bytes, createAll, type OpenStore, storeCase, texts } from "./harness.ts";

export function readCases(open: OpenStore): void {
  storeCase("get and list show any revision that is kept", open, async ({ store }) => {
    const empty = store.revision();
    const one = await store.create("/a", bytes("one"));
    const two = await store.update("/a", bytes("two"), one.revision);
    const gone = await store.delete("/a", two.revision);
    const back = await store.create("/a", bytes("back"));
    const at = async (revision: number): Promise<string | undefined> => {
      const listed = await store.list({ prefix: "/", revision });
      const got = await store.get("/a", { revision });
      assert.deepEqual(listed.items, got === undefined ? [] : [got]);
      assert.equal(listed.revision, revision);
      return got?.value.toString();
    };
    assert.equal(await at(empty), undefined);
    assert.equal(await at(one.revision), "one");
    assert.equal(await at(two.revision), "two");
    assert.equal(await at(gone.revision), undefined);
    assert.equal(await at(back.revision), "back");
  });

  storeCase("a revision of the future is refused", open, async ({ store }) => {
    const revision = (await createAll(store, ["/a"])) + 1;
    await assert.rejects(store.get("/a", { revision }), FutureRevisionError);
    await assert.rejects(store.list({ prefix: "/", revision }), FutureRevisionError);
  });

  storeCase("list gives a prefix in byte order", open, async ({ store }) => {
    const keys = [
      "/p/a",
      "/p/a-b",
      "/p/a/b",
      "/p/B",
      "/p/é",
      "/p/\u{1f600}",
      "/p/\uffee",
      "/p/\ue000",
      "/p",
      "/q/a",
      "/o/z",
    ];
    const revision = await createAll(store, keys);
    const listed = await store.list({ prefix: "/p/" });
    const expected = keys
      .filter((key) => key.startsWith("/p/"))
      .sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    assert.deepEqual(
      listed.items.map((item) => item.key),
      expected,
    );
    assert.deepEqual([listed.revision, listed.remaining], [revision, 0]);
    assert.equal((await store.list({ prefix: "" })).items.length, keys.length);
    assert.equal((await store.list({ prefix: "/nothing/" })).items.length, 0);
  });

  storeCase("a limited list continues at its revision, whatever happens meanwhile", open, async ({ store }) => {
    const keys = Array.from({ length: 25 }, (_, index) => `/p/${String(index).padStart(2, "0")}`);
    const revision = await createAll(store, keys);
    await createAll(store, ["/o/before", "/q/behind"]);
    const pages: number[] = [];
    const found: string[] = [];
    for (let startKey = "/p/"; ; startKey = `${found.at(-1)}\u0001`) {
      const page = await store.list({ prefix: "/p/", revision, limit: 10, startKey });
      assert.equal(page.revision, revision);
      found.push(...page.items.map((item) => item.key));
      pages.push(page.remaining);
      if (page.remaining === 0) break;
      await disturb(store, pages.length);
    }
    assert.deepEqual(pages, [15, 5, 0]);
    assert.deepEqual(found, keys);
  });

  storeCase("startKey is inclusive and stays within the prefix", open, async ({ store }) => {
    await createAll(store, ["/a/1", "/b/1", "/b/2", "/b/3", "/c/1"]);
    const from = async (startKey: string, limit?: number): Promise<unknown> => {
      const page = await store.list({ prefix: "/b/", startKey, ...(limit === undefined ? {} : { limit }) });
      return [...page.items.map((item) => item.key), page.remaining];
    };
    assert.deepEqual(await from("/b/2"), ["/b/2", "/b/3", 0]);
    assert.deepEqual(await from("/a"), ["/b/1", "/b/2", "/b/3", 0]);
    assert.deepEqual(await from("/b/11", 1), ["/b/2", 1]);
    assert.deepEqual(await from("/b/4"), [0]);
    assert.deepEqual(await from("/c"), [0]);
  });

  storeCase("thousands of keys in any order list, page and count exactly", open, async ({ store }) => {
    const total = 3000;
    const keyOf = (index: number): string => `/n/${String((index * 7919) % total).padStart(5, "0")}`;
    const keys = Array.from({ length: total }, (_, index) => keyOf(index));
    const created = await Promise.all(keys.map((key) => store.create(key, bytes(key))));
    const full = store.revision();
    await Promise.all(
      keys.map((key, index) => (index % 3 === 0 ? store.delete(key, created[index]!.revision) : undefined)),
    );
    const left = keys.filter((_, index) => index % 3 !== 0).sort();
    const now = await store.list({ prefix: "/n/" });
    assert.deepEqual(
      texts(now.items),
      left.map((key) => [key, key]),
    );
    const page = await store.list({ prefix: "/n/", limit: 100 });
    assert.deepEqual([page.items.length, page.remaining], [100, left.length - 100]);
    const past = await store.list({ prefix: "/n/", limit: 100, revision: full });
    assert.deepEqual([past.items.length, past.remaining], [100, total - 100]);
  });
}

async function disturb(store: Store, round: number): Promise<void> {
  await store.create(`/p/${round}x`, bytes("new"));
  const victim = await store.get(`/p/${20 + round}`);
  if (victim !== undefined) await store.delete(victim.key, victim.revision);
  const first = await store.get("/p/12");
  if (first !== undefined) await store.update("/p/12", bytes("changed"), first.revision);
}
