import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiObject } from "../api/meta.ts";
import type { Change, Informer } from "../client/informer.ts";
import { createOwnWrites } from "./own-writes.ts";

/** Own writes over a cache that shows what the test lets it show. */
function scene() {
  const shown = new Map<string, ApiObject>();
  let tell: (change: Change<ApiObject>) => void = () => {};
  const informer = {
    get: (key: string) => shown.get(key),
    subscribe(handler: typeof tell) {
      tell = handler;
      return () => {};
    },
  } as unknown as Informer<ApiObject>;
  const latest = createOwnWrites(informer);
  return {
    ...latest,
    revision: () => latest.get("shop/a")?.metadata?.resourceVersion,
    show(after: ApiObject | undefined) {
      if (after === undefined) shown.delete("shop/a");
      else shown.set("shop/a", after);
      tell({ key: "shop/a", after });
    },
  };
}

const version = (resourceVersion: string, uid = "one"): ApiObject => ({
  metadata: { namespace: "shop", name: "a", uid, resourceVersion },
});

test("an own write counts until the cache shows it, or something later", () => {
  const { show, wrote, revision } = scene();
  show(version("9"));
  wrote(version("10"));
  assert.equal(revision(), "10");
  wrote(version("12"));
  show(version("10"));
  assert.equal(revision(), "12");
  show(version("13"));
  assert.equal(revision(), "13");
});

test("what the cache showed before the answer came is not older than the answer", () => {
  const { show, wrote, revision } = scene();
  show(version("10"));
  show(version("11"));
  wrote(version("10"));
  assert.equal(revision(), "11");
});

test("an object that is gone, or has another in its place, stays so", () => {
  const { show, wrote, revision } = scene();
  show(version("9"));
  wrote(version("10"));
  show(undefined);
  assert.equal(revision(), undefined);
  wrote(version("11"));
  assert.equal(revision(), undefined);
  show(version("12", "two"));
  wrote(version("20", "one"));
  assert.equal(revision(), "12");
});
