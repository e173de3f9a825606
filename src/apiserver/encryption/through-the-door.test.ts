import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Secret } from "../../api/generated/core/v1.ts";
import { secrets } from "../../api/generated/resources.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { createMemoryStore } from "../../store/memory/memory-store.ts";
import type { Store } from "../../store/store.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { aesGcmTransformer } from "./aes-gcm-transformer.ts";
import { encryptedStore } from "./encrypted-store.ts";
import { createEncryption, type Encryption } from "./encryption.ts";
import { identityTransformer } from "./identity.ts";
import { resourceKeys } from "./resource-keys.ts";
import type { ValueTransformer } from "./transformer.ts";

const random = seededRandom(3);
const gcm = (name: string): ValueTransformer =>
  aesGcmTransformer({ name, secret: Buffer.alloc(32, name).toString("base64") }, random);
const [one, two] = [gcm("one"), gcm("two")];
const rule = (...transformers: ValueTransformer[]) => new Map([["/secrets", transformers]]);

describe("Secrets through the door", () => {
  let raw: Store;
  let encryption: Encryption;
  let server: MemoryServer;

  async function start(over: Store = createMemoryStore({ clock: new VirtualClock() })): Promise<void> {
    raw = over;
    encryption = createEncryption(resourceKeys([{ group: "", resource: "secrets" }]), rule(one, identityTransformer));
    server = await startMemoryServer({ store: encryptedStore(raw, encryption) });
  }
  beforeEach(() => start());
  afterEach(() => server.close());

  const make = (name: string): Promise<Secret> =>
    server.client.create(secrets, { metadata: { name, namespace: "default" }, stringData: { password: "hunter2" } });
  const stored = async (name: string): Promise<string> =>
    (await raw.get(`/registry/secrets/default/${name}`))!.value.toString("latin1");

  test("lie encrypted, and are read and watched as they are", async () => {
    const created = await make("a");
    assert.match(await stored("a"), /^k8s:enc:aesgcm:v1:one:/);
    const { items } = await server.client.list(secrets, { namespace: "default" });
    assert.deepEqual(items[0]!.data, { password: "aHVudGVyMg==" });
    assert.equal(items[0]!.metadata!.resourceVersion, created.metadata!.resourceVersion);
  });

  test("an update that changes nothing writes nothing, until the key is another", async () => {
    const created = await make("a");
    const same = await server.client.update(secrets, created);
    assert.equal(same.metadata!.resourceVersion, created.metadata!.resourceVersion);
    encryption.use(rule(two, one));
    const anew = await server.client.update(secrets, same);
    assert.notEqual(anew.metadata!.resourceVersion, created.metadata!.resourceVersion);
    assert.match(await stored("a"), /^k8s:enc:aesgcm:v1:two:/);
  });

  test("one that cannot be read is an error of its own, named in lists, and gone wrong for nobody else", async () => {
    await make("good");
    await make("lost");
    const kept = await raw.get("/registry/secrets/default/lost");
    const broken = Buffer.from(kept!.value);
    broken[broken.length - 1]! ^= 1;
    await raw.update(kept!.key, broken, kept!.revision);
    const get = (name: string): Promise<Secret> => server.client.get(secrets, { name, namespace: "default" });
    const why =
      /Internal error occurred: unable to transform key "\/registry\/secrets\/default\/lost": cipher: message/;
    await assert.rejects(get("lost"), why);
    await assert.rejects(server.client.list(secrets), why);
    assert.deepEqual((await get("good")).data, { password: "aHVudGVyMg==" });
    await make("another");
    // The good bytes come back (a restored key, a service that answers again).
    await raw.update(kept!.key, kept!.value, (await raw.get(kept!.key))!.revision);
    assert.deepEqual((await get("lost")).data, { password: "aHVudGVyMg==" });
    assert.equal((await server.client.list(secrets)).items.length, 3);
  });
});
