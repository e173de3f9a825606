import assert from "node:assert/strict";
import { test } from "node:test";
import { CompactedError } from "../store.ts";
import { mountedKeySpace, wholeKeySpace } from "./keys.ts";
import { DELETE, type KeyValue, PUT, type WatchEvent, type WatchResponse } from "./messages.ts";
import { OwnWrites } from "./own-writes.ts";
import { type AssemblyOptions, WatchAssembly } from "./watch-batches.ts";

const kv = (key: string, revision: number, over: Partial<KeyValue> = {}): KeyValue => ({
  key: Buffer.from(key),
  value: Buffer.from(`${key}@${revision}`),
  mod_revision: revision,
  create_revision: revision,
  version: 1,
  ...over,
});
const put = (key: string, revision: number): WatchEvent => ({ type: PUT, kv: kv(key, revision), prev_kv: null });
const answer = (events: WatchEvent[], over: Partial<WatchResponse> = {}): WatchResponse => ({
  header: { cluster_id: 1, revision: 1000 },
  created: false,
  canceled: false,
  compact_revision: 0,
  cancel_reason: "",
  fragment: false,
  events,
  ...over,
});
const assembly = (over: Partial<AssemblyOptions> = {}): WatchAssembly =>
  new WatchAssembly({
    keys: wholeKeySpace,
    ownWrites: new OwnWrites(),
    prefix: Buffer.from("/p/"),
    trustsProgress: true,
    cursor: 10,
    ...over,
  });
const shown = (batch: ReturnType<WatchAssembly["take"]>): unknown =>
  batch && [batch.revision, ...batch.events.map((event) => `${event.type} ${event.key}@${event.revision}`)];

test("what was seen before a stream broke is left out, and other prefixes are only progress", () => {
  const watch = assembly();
  assert.deepEqual(shown(watch.take(answer([put("/p/a", 9), put("/p/b", 10), put("/p/c", 11)]))), [11, "put /p/c@11"]);
  assert.equal(watch.take(answer([put("/p/c", 11)])), undefined, "twice");
  assert.deepEqual(shown(watch.take(answer([put("/q/a", 12)]))), [12]);
  assert.deepEqual(shown(watch.take(answer([put("/p", 13), put("/pa", 14)]))), [14]);
});

test("pieces of one answer are one batch", () => {
  const watch = assembly();
  assert.equal(watch.take(answer([put("/p/a", 11)], { fragment: true })), undefined);
  assert.equal(watch.take(answer([put("/p/b", 11)], { fragment: true })), undefined);
  assert.equal(watch.take(answer([])), undefined, "no progress within a revision");
  assert.deepEqual(shown(watch.take(answer([put("/p/c", 11)]))), [11, "put /p/a@11", "put /p/b@11", "put /p/c@11"]);
});

test("an answer without events is believed only of versions that mean it", () => {
  assert.deepEqual(shown(assembly().take(answer([]))), [1000]);
  assert.equal(
    assembly().take(answer([], { created: true })),
    undefined,
    "the answer to the request itself says nothing",
  );
  assert.equal(assembly({ trustsProgress: false }).take(answer([])), undefined);
  assert.equal(assembly({ cursor: 1000 }).take(answer([])), undefined);
});

test("an event that has lost its past ends the watch", () => {
  const gone: WatchEvent = { type: DELETE, kv: kv("/p/a", 11), prev_kv: null };
  assert.throws(() => assembly().take(answer([gone])), CompactedError);
  const changed: WatchEvent = { type: PUT, kv: kv("/p/a", 11, { version: 2, create_revision: 3 }), prev_kv: null };
  assert.throws(() => assembly().take(answer([changed])), CompactedError);
  const whole: WatchEvent = { type: DELETE, kv: kv("/p/a", 11), prev_kv: kv("/p/a", 4) };
  const batch = assembly().take(answer([whole]));
  assert.equal(batch?.events[0]?.value.toString(), "/p/a@4");
});

test("keys that lie elsewhere in etcd have their own names here", () => {
  const keys = mountedKeySpace("/registry/", "/kubernetes.io/");
  assert.equal(keys.toEtcd("/registry/pods/a").toString(), "/kubernetes.io/pods/a");
  const watch = assembly({ keys, prefix: keys.toEtcd("/registry/pods/") });
  const events = [put("/kubernetes.io/pods/a", 11), put("/registry/pods/b", 12)];
  assert.deepEqual(shown(watch.take(answer(events))), [12, "put /registry/pods/a@11"]);
});
