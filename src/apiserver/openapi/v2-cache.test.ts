import assert from "node:assert/strict";
import { test } from "node:test";
import { openapiV2Cache } from "./v2-cache.ts";

const built = (): { build: () => Promise<Buffer>; count: () => number } => {
  let count = 0;
  return { build: async () => Buffer.from(`document ${++count}`), count: () => count };
};

test("who asks at the same time, or while it is in use, gets the same document", async () => {
  const cache = openapiV2Cache();
  const { build, count } = built();
  const [first, second] = await Promise.all([cache("json", "A", build), cache("json", "A", build)]);
  const third = await cache("json", "A", build);
  assert.ok(first === second && second === third);
  assert.equal(count(), 1);
});

test("another format or hash is another document", async () => {
  const cache = openapiV2Cache();
  const { build, count } = built();
  const documents = [
    await cache("json", "A", build),
    await cache("protobuf", "A", build),
    await cache("json", "B", build),
  ];
  assert.equal(new Set(documents).size, 3);
  assert.equal(count(), 3);
});

test("a build that an other one overtakes does not take its place", async () => {
  const cache = openapiV2Cache();
  const old = Promise.withResolvers<Buffer>();
  const slow = cache("json", "A", () => old.promise);
  const current = await cache("json", "B", async () => Buffer.from("new"));
  old.resolve(Buffer.from("old"));
  assert.equal(String(await slow), "old");
  assert.equal(await cache("json", "B", async () => Buffer.from("again")), current);
});

test("a build that fails is tried again", async () => {
  const cache = openapiV2Cache();
  const broken = (): Promise<Buffer> => Promise.reject(new Error("no"));
  await Promise.all([1, 2].map(() => assert.rejects(cache("json", "A", broken), /no/)));
  assert.equal(String(await cache("json", "A", async () => Buffer.from("yes"))), "yes");
});
