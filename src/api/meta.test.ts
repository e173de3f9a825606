import assert from "node:assert/strict";
import { test } from "node:test";
import { joinKey, keyOf } from "./meta.ts";

test("keys", () => {
  assert.equal(joinKey("shop", "web"), "shop/web");
  assert.equal(joinKey("", "node-1"), "node-1");
  assert.equal(joinKey(undefined, "node-1"), "node-1");
  assert.equal(keyOf({ metadata: { namespace: "shop", name: "web" } }), "shop/web");
  assert.equal(keyOf({}), "");
});

test("names that end alike have keys of their own", () => {
  for (let round = 0; round < 2; round++) {
    for (const [namespace, name] of [
      ["a", "one-12345"],
      ["b", "one-12345"],
      ["a", "two-12345"],
      ["a/b", "12345"],
      ["a", "b/12345"],
    ] as const) {
      assert.equal(joinKey(namespace, name), `${namespace}/${name}`);
    }
  }
  for (let index = 0; index < 5000; index++) assert.equal(joinKey("n", `pod-${index}`), `n/pod-${index}`);
});
