import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { storeConformance } from "../../store/conformance.ts";
import { createMemoryStore } from "../../store/memory/memory-store.ts";
import { RevisionMismatchError } from "../../store/store.ts";
import { aesGcmTransformer } from "./aes-gcm-transformer.ts";
import { encryptedStore } from "./encrypted-store.ts";
import { createEncryption } from "./encryption.ts";
import { identityTransformer } from "./identity.ts";
import { resourceKeys } from "./resource-keys.ts";
import type { ValueTransformer } from "./transformer.ts";

const keys = resourceKeys([]);
const random = seededRandom(1);
const gcm = (name: string, byte: number): ValueTransformer =>
  aesGcmTransformer({ name, secret: Buffer.alloc(32, byte).toString("base64") }, random);
const [one, two] = [gcm("one", 1), gcm("two", 2)];
const KEY = "/registry/things.example.com/secrets/default/a";
const RULE = "things.example.com/secrets";

function open(...transformers: ValueTransformer[]) {
  const store = createMemoryStore({ clock: new VirtualClock() });
  const encryption = createEncryption(keys, new Map([[RULE, transformers]]));
  return { store, encryption, over: encryptedStore(store, encryption) };
}

const everything = createEncryption(keys, new Map([["*/*", [one]]]));
storeConformance(
  "the memory engine under encryption",
  async () => {
    const clock = new VirtualClock();
    const store = encryptedStore(createMemoryStore({ clock }), everything);
    return { store, passSeconds: (seconds) => clock.advance(seconds * 1000), dispose: () => store.close() };
  },
  { isDurable: false },
);

describe("the engine below", () => {
  test("sees none of what is to be encrypted, and all of the rest", async () => {
    const { store, over } = open(one, identityTransformer);
    await over.create(KEY, Buffer.from('{"password":"hunter2"}'));
    await over.create("/registry/pods/default/a", Buffer.from('{"plain":true}'));
    const stored = await store.get(KEY);
    assert.match(stored!.value.toString("latin1"), /^k8s:enc:aesgcm:v1:one:/);
    assert.equal(stored!.value.includes("hunter2"), false);
    assert.equal((await store.get("/registry/pods/default/a"))!.value.toString(), '{"plain":true}');
    await over.close();
  });
});

describe("reading", () => {
  test("answers the very buffer that was written, while somebody holds it", async () => {
    const { over } = open(one);
    const value = Buffer.from('{"a":1}');
    const { revision } = await over.create(KEY, value);
    assert.equal((await over.get(KEY))!.value, value);
    assert.equal((await over.list({ prefix: "/" })).items[0]!.value, value);
    for await (const batch of over.watch({ prefix: "/", afterRevision: revision - 1 })) {
      if (batch.events.length === 0) continue;
      assert.equal(batch.events[0]!.value, value);
      break;
    }
    await over.close();
  });

  test("takes plain values from before, and calls them stale", async () => {
    const { store, over } = open(one, identityTransformer);
    await store.create(KEY, Buffer.from('{"old":true}'));
    const read = await over.get(KEY);
    assert.equal(read!.value.toString(), '{"old":true}');
    assert.equal(over.isStale!(KEY, read!.value), true);
    const anew = Buffer.from('{"old":true}');
    await over.update(KEY, anew, read!.revision);
    assert.equal(over.isStale!(KEY, anew), false);
    await over.close();
  });

  test("refuses plain values where none are allowed", async () => {
    const { store, over } = open(one);
    await store.create(KEY, Buffer.from('{"slipped":"in"}'));
    await assert.rejects(over.get(KEY), /unable to transform key ".*\/a": no matching prefix found/);
    await over.close();
  });

  test("takes values of an older key, and calls them stale when the keys change", async () => {
    const { encryption, over } = open(one);
    const value = Buffer.from('{"a":1}');
    await over.create(KEY, value);
    assert.equal(over.isStale!(KEY, value), false);
    encryption.use(new Map([[RULE, [two, one]]]));
    const read = await over.get(KEY);
    assert.equal(read!.value.toString(), '{"a":1}');
    assert.equal(over.isStale!(KEY, read!.value), true);
    await over.close();
  });

  test("a lost key costs the values under it and no others", async () => {
    const { store, encryption } = open(one);
    const before = encryptedStore(store, encryption);
    await before.create(KEY, Buffer.from('{"a":1}'));
    const after = encryptedStore(store, createEncryption(keys, new Map([[RULE, [two, identityTransformer]]])));
    const other = KEY.replace(/a$/, "b");
    await after.create(other, Buffer.from('{"b":1}'));
    await assert.rejects(after.get(KEY), /no matching prefix found; it was written with k8s:enc:aesgcm:v1:one/);
    const { items } = await after.list({ prefix: "/registry/" });
    assert.match(items[0]!.unreadable ?? "", /unable to transform key/);
    assert.equal(items[1]!.value.toString(), '{"b":1}');
    await after.close();
  });

  test("an encrypted value of a resource that is not encrypted is refused, not shown", async () => {
    const { store } = open();
    await store.create("/registry/pods/default/a", one.encrypt(Buffer.from("{}"), "/registry/pods/default/a"));
    const plain = encryptedStore(store, createEncryption(keys));
    await assert.rejects(plain.get("/registry/pods/default/a"), /no matching prefix found/);
    await plain.close();
  });
});

test("a refused write shows what is there, readable", async () => {
  const { over } = open(one);
  const { revision } = await over.create(KEY, Buffer.from('{"a":1}'));
  const refusal = await over.update(KEY, Buffer.from("{}"), revision + 7).catch((error: unknown) => error);
  assert(refusal instanceof RevisionMismatchError);
  assert.equal(refusal.current?.value.toString(), '{"a":1}');
  await over.close();
});
