import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { silentLogger } from "../../../base/log.ts";
import { systemRandom } from "../../../base/random.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { type KeyService, startKeyService } from "../testing/key-service.ts";
import type { Decrypted } from "../transformer.ts";
import { decodeEncryptedObject } from "./encrypted-object.ts";
import { type KmsProvider, startKmsProvider } from "./provider.ts";

const KEY = "/registry/secrets/default/a";
const root = mkdtempSync(join(tmpdir(), "wherry-kms-"));
after(() => rmSync(root, { recursive: true, force: true }));

describe("values under a key service", () => {
  let service: KeyService;
  let clock: VirtualClock;
  let count = 0;
  const providers: KmsProvider[] = [];

  beforeEach(async () => {
    service = await startKeyService(join(root, `${count++}.sock`));
    clock = new VirtualClock();
  });
  afterEach(async () => {
    for (const provider of providers.splice(0)) provider.stop();
    await service.stop();
  });

  async function start(): Promise<KmsProvider> {
    const config = { apiVersion: "v2", name: "cloud", endpoint: service.endpoint };
    const provider = await startKmsProvider(config, { clock, random: systemRandom, log: silentLogger });
    providers.push(provider);
    return provider;
  }
  const read = async ({ transformer }: KmsProvider, stored: Buffer): Promise<Decrypted> =>
    transformer.decrypt(stored, KEY);

  /** Passes time until the service has been asked again; its answer comes over a real socket. */
  async function untilAsked(isSo: () => boolean | Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 100 && !(await isSo()); tries++) {
      await clock.advance(10_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(await isSo(), true);
  }

  test("from a service that listens on an abstract socket", async () => {
    await service.stop();
    service = await startKeyService(`\0wherry-kms-${process.pid}`);
    const provider = await start();
    const stored = provider.transformer.encrypt(Buffer.from("hunter2"), KEY);
    assert.equal((await read(provider, stored)).value.toString(), "hunter2");
  });

  test("name the service and its key, and hide the rest", async () => {
    const provider = await start();
    const stored = provider.transformer.encrypt(Buffer.from("hunter2"), KEY);
    assert.equal(stored.toString("latin1", 0, 21), "k8s:enc:kms:v2:cloud:");
    assert.equal(stored.includes("hunter2"), false);
    const object = decodeEncryptedObject(stored.subarray(21));
    assert.deepEqual([object.keyId, object.keyType], ["key-1", 1]);
    assert.equal(object.annotations.get("mask.kms.example.com")?.toString(), "yes");
    assert.equal((await read(provider, stored)).value.toString(), "hunter2");
  });

  test("ask the service once for many writes and reads, and another start once more", async () => {
    const [first, second] = [await start(), await start()];
    const values = Array.from({ length: 50 }, (_, index) => first.transformer.encrypt(Buffer.from(`v${index}`), KEY));
    for (const [index, stored] of values.entries())
      assert.equal((await read(second, stored)).value.toString(), `v${index}`);
    assert.deepEqual([service.calls.Encrypt, service.calls.Decrypt], [2, 1]);
  });

  test("are stale when the service has another key, and stay readable", async () => {
    const provider = await start();
    const stored = provider.transformer.encrypt(Buffer.from("hunter2"), KEY);
    assert.equal((await read(provider, stored)).identity, provider.transformer.writeIdentity());
    service.keyId = "key-2";
    await untilAsked(() => provider.transformer.writeIdentity().endsWith("key-2"));
    const decrypted = await read(provider, stored);
    assert.equal(decrypted.value.toString(), "hunter2");
    assert.notEqual(decrypted.identity, provider.transformer.writeIdentity());
  });

  test("that it has lost the key of say so", async () => {
    const first = await start();
    const stored = first.transformer.encrypt(Buffer.from("hunter2"), KEY);
    service.lost.add("key-1");
    await assert.rejects(read(await start(), stored), /failed to decrypt DEK, error: .*the key key-1 is lost/);
  });

  test("cannot be moved to another object", async () => {
    const provider = await start();
    const stored = provider.transformer.encrypt(Buffer.from("hunter2"), KEY);
    await assert.rejects(async () => provider.transformer.decrypt(stored, `${KEY}b`), /authentication failed/);
  });

  test("whoever asks how the service is hears it as it is, or was moments ago", async () => {
    const provider = await start();
    const RAW = "rpc error: code = Internal desc = the key is disabled";
    const PLACE = "failed to perform status section of the healthz check for KMS Provider cloud, error: ";
    service.disabled = "the key is disabled";
    const told: (string | undefined)[] = [];
    for (const seconds of [19, 1, 2, 1]) {
      await clock.advance(seconds * 1000);
      told.push(await provider.health());
    }
    assert.deepEqual(told, [undefined, PLACE + RAW, RAW, PLACE + RAW]);
    assert.equal(service.calls.Status, 3);
    service.disabled = undefined;
    await clock.advance(3000);
    assert.deepEqual(await Promise.all([provider.health(), provider.health()]), [undefined, undefined]);
    assert.equal(service.calls.Status, 4);
  });

  test("a service that is ill in two ways says both", async () => {
    Object.assign(service, { healthz: "no disk", keyId: "" });
    const provider = await start();
    assert.equal(
      await provider.health(),
      'kmsv2 Provider cloud is not healthy, error: [got unexpected healthz status: no disk, got invalid KMSv2 KeyID hash "": keyID is empty]',
    );
  });

  for (const [what, change, problem, isWritten] of [
    [
      "ill",
      { healthz: "no disk" },
      /kmsv2 Provider cloud is not healthy, error: got unexpected healthz status: no disk/,
      true,
    ],
    ["of another version", { version: "v1" }, /expected KMSv2 API version v2, got v1/, true],
    ["without a key", { keyId: "" }, /got invalid KMSv2 KeyID hash "": keyID is empty/, false],
    ["away", { disabled: "it is away" }, /it is away/, false],
  ] as const) {
    test(`a service that is ${what} shows in the health, and is ${isWritten ? "" : "not "}written with`, async () => {
      Object.assign(service, change);
      const provider = await start();
      assert.match((await provider.health()) ?? "", problem);
      const write = () => provider.transformer.encrypt(Buffer.from("value"), KEY);
      if (isWritten) write();
      else assert.throws(write, /has given no key/);
      Object.assign(service, { healthz: "ok", version: "v2", keyId: "key-1", disabled: undefined });
      await untilAsked(async () => (await provider.health()) === undefined);
      write();
    });
  }

  test("a new key of the service is in use within a minute, however often its health is asked", async () => {
    const provider = await start();
    await clock.advance(25_000);
    assert.equal(await provider.health(), undefined);
    assert.equal(service.calls.Status, 2);
    service.keyId = "key-2";
    await clock.advance(35_000);
    const isNew = () => provider.transformer.writeIdentity().endsWith("key-2");
    // The answer comes over a real socket.
    for (let turns = 0; turns < 10_000 && !isNew(); turns++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isNew(), true);
  });

  test("a service that has been away for minutes is not written with, and values in use stay readable", async () => {
    const provider = await start();
    const stored = provider.transformer.encrypt(Buffer.from("value"), KEY);
    service.disabled = "gone";
    await untilAsked(async () => (await provider.health()) !== undefined);
    provider.transformer.encrypt(Buffer.from("value"), KEY);
    await clock.advance(4 * 60_000);
    assert.throws(() => provider.transformer.encrypt(Buffer.from("value"), KEY), /too long/);
    assert.equal((await read(provider, stored)).value.toString(), "value");
  });
});

test("version 1 of the protocol is refused", async () => {
  const using = { clock: new VirtualClock(), random: systemRandom, log: silentLogger };
  await assert.rejects(startKmsProvider({ name: "old", endpoint: "unix:///a" }, using), /KMSv1 is deprecated/);
});
