import assert from "node:assert/strict";
import { KeyExistsError, RevisionMismatchError, StoreUnavailableError } from "../store.ts";
import { bytes, createAll, type OpenStore, storeCase, texts } from "./harness.ts";

export function writeCases(open: OpenStore): void {
  storeCase("create adds a key once", open, async ({ store }) => {
    const before = store.revision();
    const created = await store.create("/a", bytes("one"));
    assert.equal(created.revision, before + 1);
    await assert.rejects(store.create("/a", bytes("two")), KeyExistsError);
    assert.deepEqual(await store.get("/a"), { key: "/a", value: bytes("one"), revision: created.revision });
    assert.equal(store.revision(), created.revision, "a refused write takes no revision");
  });

  storeCase("update replaces only the expected revision", open, async ({ store }) => {
    const created = await store.create("/a", bytes("one"));
    const updated = await store.update("/a", bytes("two"), created.revision);
    assert.equal(updated.revision, created.revision + 1);
    await assert.rejects(store.update("/a", bytes("three"), created.revision), (error) => {
      assert.ok(error instanceof RevisionMismatchError);
      assert.deepEqual(error.current, { key: "/a", value: bytes("two"), revision: updated.revision });
      return true;
    });
    await assert.rejects(store.update("/none", bytes("x"), 1), (error) => {
      assert.ok(error instanceof RevisionMismatchError);
      assert.equal(error.current, undefined);
      return true;
    });
    assert.deepEqual(texts((await store.list({ prefix: "/" })).items), [["/a", "two"]]);
  });

  storeCase("delete removes only the expected revision, and the key can come back", open, async ({ store }) => {
    const created = await store.create("/a", bytes("one"));
    await assert.rejects(store.delete("/a", created.revision - 1), RevisionMismatchError);
    const deleted = await store.delete("/a", created.revision);
    assert.equal(deleted.revision, created.revision + 1);
    assert.equal(await store.get("/a"), undefined);
    await assert.rejects(store.delete("/a", deleted.revision), RevisionMismatchError);
    await assert.rejects(store.update("/a", bytes("x"), created.revision), RevisionMismatchError);
    const again = await store.create("/a", bytes("two"));
    assert.equal(again.revision, deleted.revision + 1);
    assert.equal((await store.get("/a"))?.value.toString(), "two");
  });

  storeCase("one revision counts the whole store", open, async ({ store }) => {
    const first = await createAll(store, ["/pods/a"]);
    const second = await createAll(store, ["/services/a"]);
    const third = await store.delete("/pods/a", first);
    assert.deepEqual([second, third.revision, store.revision()], [first + 1, first + 2, first + 2]);
  });

  storeCase("values are any bytes, also none and many", open, async ({ store }) => {
    const binary = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    const large = Buffer.alloc(3 * 1024 * 1024, "0123456789");
    await store.create("/binary", binary);
    await store.create("/empty", Buffer.alloc(0));
    await store.create("/large", large);
    assert.ok((await store.get("/binary"))?.value.equals(binary));
    assert.equal((await store.get("/empty"))?.value.length, 0);
    assert.ok((await store.get("/large"))?.value.equals(large));
  });

  storeCase("a key that could not be kept is refused", open, async ({ store }) => {
    for (const key of ["", "/a\0b", "/\ud800"]) await assert.rejects(store.create(key, bytes("x")), RangeError);
    assert.equal((await store.list({ prefix: "" })).items.length, 0);
  });

  storeCase("a closed store refuses, and closing twice is fine", open, async ({ store }) => {
    const pending = store.create("/a", bytes("one"));
    await Promise.all([store.close(), store.close()]);
    assert.ok((await pending).revision > 0, "a write under way is finished");
    await assert.rejects(store.create("/b", bytes("x")), StoreUnavailableError);
    await assert.rejects(store.get("/a"), StoreUnavailableError);
    await assert.rejects(store.list({ prefix: "/" }), StoreUnavailableError);
  });
}
