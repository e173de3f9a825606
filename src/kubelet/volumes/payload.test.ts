import assert from "node:assert/strict";
import { test } from "node:test";
import { configMapPayload, secretPayload } from "./payload.ts";

const text = (payload: ReturnType<typeof configMapPayload>) =>
  Object.fromEntries([...payload].map(([path, { content, mode }]) => [path, [content.toString(), mode]]));

test("a ConfigMap gives all its keys, text and binary", () => {
  const configMap = { data: { a: "1" }, binaryData: { b: Buffer.from("two").toString("base64") } };
  assert.deepEqual(text(configMapPayload(configMap, { defaultMode: 0o644 })), { a: ["1", 0o644], b: ["two", 0o644] });
});

test("items choose keys, paths and modes", () => {
  const items = [{ key: "a", path: "dir/file", mode: 0o400 }];
  assert.deepEqual(text(configMapPayload({ data: { a: "1", b: "2" } }, { items, defaultMode: 0o644 })), {
    "dir/file": ["1", 0o400],
  });
});

test("a missing key is an error unless it is optional", () => {
  const items = [{ key: "zz", path: "zz" }];
  const options = { items, defaultMode: 0o644 };
  assert.throws(() => configMapPayload({}, options), { message: "configmap references non-existent config key: zz" });
  assert.throws(() => secretPayload({}, options), { message: "references non-existent secret key: zz" });
  assert.equal(configMapPayload({}, { ...options, optional: true }).size, 0);
  assert.equal(configMapPayload(undefined, { defaultMode: 0o644, optional: true }).size, 0);
});
