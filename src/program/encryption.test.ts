import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { aesGcmTransformer } from "../apiserver/encryption/aes-gcm-transformer.ts";
import { startKeyService } from "../apiserver/encryption/testing/key-service.ts";
import { silentLogger } from "../base/log.ts";
import { Metrics } from "../base/metrics.ts";
import { systemRandom } from "../base/random.ts";
import { settle, VirtualClock } from "../base/virtual-clock.ts";
import { openEmbeddedStore } from "../store/embedded/embedded-store.ts";
import { createMemoryStore } from "../store/memory/memory-store.ts";
import type { Store } from "../store/store.ts";
import { unclosedStore } from "../store/testing/unclosed-store.ts";
import { type EncryptedStore, encryptStore } from "./encryption.ts";
import { addEncryptionKey, encryptionFile, encryptionKeyNames } from "./encryption-keys.ts";

const roots: string[] = [];
after(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});
function directory(): string {
  const root = mkdtempSync(join(tmpdir(), "wherry-encryption-"));
  roots.push(root);
  return root;
}

const PASSWORD = "correct-horse-battery-staple";
const KEY = "/registry/secrets/default/database";
const secret = (name = "database"): Buffer =>
  Buffer.from(JSON.stringify({ kind: "Secret", metadata: { name }, data: { password: PASSWORD } }));

/** Everything that lies under a directory, as one buffer. */
function bytesBelow(root: string): Buffer {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Buffer.concat(files.map((file) => readFileSync(join(file.parentPath, file.name))));
}

function environmentAt(clock: VirtualClock) {
  return { clock, random: systemRandom, log: silentLogger };
}

async function openOver(raw: Store, dataDirectory: string, clock = new VirtualClock()): Promise<EncryptedStore> {
  return encryptStore(raw, { dataDirectory }, environmentAt(clock));
}

async function until(clock: VirtualClock, isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !isSo(); tries++) {
    await clock.advance(1000);
    await settle(20);
  }
  assert.equal(isSo(), true);
}

describe("a cluster as it comes", () => {
  test("has no word of a Secret in its files, while it runs and afterwards", async () => {
    const root = directory();
    const raw = await openEmbeddedStore({
      directory: join(root, "store"),
      clock: new VirtualClock(),
      log: silentLogger,
    });
    const { store } = await openOver(raw, root);
    const { revision } = await store.create(KEY, secret());
    await store.update(KEY, secret("changed"), revision);
    await store.create("/registry/configmaps/default/a", Buffer.from('{"kind":"ConfigMap","data":{"word":"visible"}}'));
    assert.equal(bytesBelow(root).includes(PASSWORD), false, "while it runs (the log)");
    await store.close();
    const left = bytesBelow(root);
    assert.equal(left.includes(PASSWORD), false, "in the database");
    assert.equal(left.includes("visible"), true, "what is not to be encrypted is not");
    assert.equal(left.includes("k8s:enc:aesgcm:v1:"), true);
  });

  test("that had its Secrets tied to other keys writes them anew, to the key that etcd has", async () => {
    const [root, clock, raw] = [directory(), new VirtualClock(), createMemoryStore({ clock: new VirtualClock() })];
    const before = await encryptStore(unclosedStore(raw), { dataDirectory: root }, environmentAt(clock));
    await before.store.create(KEY, secret());
    await before.store.close();
    const { resources } = JSON.parse(readFileSync(encryptionFile(root), "utf8"));
    const transformer = aesGcmTransformer(resources[0].providers[0].aesgcm.keys[0], systemRandom);
    const stored = async () => (await raw.get(KEY))!;
    const { revision, value } = await stored();
    assert.deepEqual((await transformer.decrypt(value, KEY)).value, secret());
    const after = await encryptStore(raw, { dataDirectory: root, etcdPrefix: "/kube" }, environmentAt(clock));
    const read = await after.store.get(KEY);
    assert.deepEqual([read?.value, after.store.isStale?.(KEY, read!.value)], [secret(), true]);
    await after.rewriteSecrets();
    const anew = await stored();
    assert.ok(anew.revision > revision);
    assert.deepEqual((await transformer.decrypt(anew.value, "/kube/secrets/default/database")).value, secret());
    await after.rewriteSecrets();
    assert.equal((await stored()).revision, anew.revision, "once");
    await after.store.close();
  });

  test("keeps its key for its owner alone, and reads with it after a restart", async () => {
    const root = directory();
    const open = async () =>
      openOver(
        await openEmbeddedStore({ directory: join(root, "store"), clock: new VirtualClock(), log: silentLogger }),
        root,
      );
    const first = await open();
    await first.store.create(KEY, secret());
    await first.store.close();
    assert.equal(statSync(encryptionFile(root)).mode & 0o777, 0o600);
    const second = await open();
    assert.deepEqual((await second.store.get(KEY))!.value, secret());
    await second.store.close();
  });

  test("encrypts what was plain before", async () => {
    const [root, clock] = [directory(), new VirtualClock()];
    const raw = createMemoryStore({ clock });
    await raw.create(KEY, secret());
    const { store } = await openOver(raw, root, clock);
    assert.deepEqual((await store.get(KEY))!.value, secret());
    await clock.advance(15_000);
    await settle(50);
    assert.equal((await raw.get(KEY))!.value.includes(PASSWORD), false);
    assert.deepEqual((await store.get(KEY))!.value, secret());
    await store.close();
  });
});

describe("rotating the key", () => {
  test("brings all Secrets under the new one, and then forgets the old one", async () => {
    const [root, clock] = [directory(), new VirtualClock()];
    const raw = createMemoryStore({ clock });
    const { store } = await openOver(raw, root, clock);
    for (let count = 0; count < 250; count++) await store.create(`${KEY}-${count}`, secret(`s-${count}`));
    const [old] = encryptionKeyNames(root);
    assert.equal(addEncryptionKey(root, environmentAt(clock)), "added");
    assert.equal(addEncryptionKey(root, environmentAt(clock)), "under way");
    await until(clock, () => encryptionKeyNames(root).length === 1);
    const [current] = encryptionKeyNames(root);
    assert.notEqual(current, old);
    for (const { value } of (await raw.list({ prefix: "/registry/secrets/" })).items)
      assert.equal(value.toString("latin1").startsWith(`k8s:enc:aesgcm:v1:${current}:`), true);
    const { items } = await store.list({ prefix: "/registry/secrets/" });
    assert.deepEqual(items.find(({ key }) => key === `${KEY}-7`)!.value, secret("s-7"));
    await store.close();
  });

  test("that was broken off goes on at the next start", async () => {
    const [root, clock] = [directory(), new VirtualClock()];
    const raw = createMemoryStore({ clock });
    const first = await openOver(raw, root, clock);
    await first.store.create(KEY, secret());
    addEncryptionKey(root, environmentAt(clock));
    // No time passes: the change is not noticed before the end.
    const survivor = unclosedStore(raw);
    const second = await openOver(survivor, root, clock);
    await until(clock, () => encryptionKeyNames(root).length === 1);
    assert.deepEqual((await second.store.get(KEY))!.value, secret());
    await first.store.close();
  });

  test("keeps a key that something still needs", async () => {
    const [root, clock] = [directory(), new VirtualClock()];
    const raw = createMemoryStore({ clock });
    const { store } = await openOver(raw, root, clock);
    await store.create(KEY, secret());
    const stored = (await raw.get(KEY))!;
    // The value of another object, put here by hand: it cannot be read under this name.
    await raw.create(`${KEY}-copied`, Buffer.from(stored.value));
    const [old] = encryptionKeyNames(root);
    addEncryptionKey(root, environmentAt(clock));
    await clock.advance(30_000);
    await settle(50);
    assert.equal(encryptionKeyNames(root).includes(old!), true);
    await assert.rejects(store.get(`${KEY}-copied`), /unable to transform key/);
    assert.deepEqual((await store.get(KEY))!.value, secret());
    await store.close();
  });
});

describe("a configuration of somebody's own", () => {
  const config = (resources: string[], name: string): string =>
    JSON.stringify({
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "EncryptionConfiguration",
      resources: [
        {
          resources,
          providers: [
            { secretbox: { keys: [{ name, secret: Buffer.alloc(32, name).toString("base64") }] } },
            { identity: {} },
          ],
        },
      ],
    });

  test("decides what is encrypted, and is read again when it changes", async () => {
    const [root, clock] = [directory(), new VirtualClock()];
    const file = join(root, "encryption.yaml");
    writeFileSync(file, config(["configmaps"], "one"));
    const raw = createMemoryStore({ clock });
    const options = { dataDirectory: root, providerConfig: file, automaticReload: true, server: "one" };
    const metrics = new Metrics();
    const { store } = await encryptStore(raw, options, { ...environmentAt(clock), metrics });
    await store.create(KEY, secret());
    await store.create("/registry/configmaps/default/a", secret("a"));
    assert.equal((await raw.get(KEY))!.value.includes(PASSWORD), true);
    const stored = async (): Promise<string> =>
      (await raw.get("/registry/configmaps/default/a"))!.value.toString("latin1");
    assert.match(await stored(), /^k8s:enc:secretbox:v1:one:/);
    writeFileSync(file, "{ broken");
    await clock.advance(5000);
    assert.deepEqual((await store.get("/registry/configmaps/default/a"))!.value, secret("a"));
    writeFileSync(file, config(["secrets", "configmaps"], "two"));
    await clock.advance(5000);
    await settle(20);
    await store.create(`${KEY}-two`, secret());
    assert.match((await raw.get(`${KEY}-two`))!.value.toString("latin1"), /^k8s:enc:secretbox:v1:two:/);
    const counted = (status: string): RegExp =>
      new RegExp(
        `^apiserver_encryption_config_controller_automatic_reloads_total\\{apiserver_id_hash="sha256:[0-9a-f]{64}",status="${status}"\\} 1$`,
        "m",
      );
    assert.match(metrics.text(), counted("success"));
    assert.match(metrics.text(), counted("failure"));
    await store.close();
  });

  test("with a key service says how that is, and gives no Secret away while it is ill", async () => {
    const [root, clock] = [directory(), new VirtualClock()];
    const service = await startKeyService(join(root, "kms.sock"));
    const file = join(root, "encryption.yaml");
    const kms = { apiVersion: "v2", name: "cloud", endpoint: service.endpoint };
    const resources = [{ resources: ["secrets"], providers: [{ kms }] }];
    writeFileSync(file, JSON.stringify({ ...JSON.parse(config(["a"], "b")), resources }));
    const raw = createMemoryStore({ clock });
    const { store, checks } = await encryptStore(
      raw,
      { dataDirectory: root, providerConfig: file },
      environmentAt(clock),
    );
    const [{ name, check } = assert.fail()] = checks;
    assert.deepEqual([name, await check()], ["kms-providers", undefined]);
    service.disabled = "the key is disabled";
    await clock.advance(20_000);
    assert.match((await check()) ?? "", /^kms-provider-0: failed to perform status .* the key is disabled$/);
    service.disabled = undefined;
    await store.create(KEY, secret());
    assert.match((await raw.get(KEY))!.value.toString("latin1"), /^k8s:enc:kms:v2:cloud:/);
    assert.deepEqual((await store.get(KEY))!.value, secret());
    await store.close();
    await service.stop();
  });

  test("with another key says at the start which objects it cannot do without; others cost only themselves", async () => {
    const root = directory();
    const file = join(root, "encryption.yaml");
    const raw = createMemoryStore({ clock: new VirtualClock() });
    const options = { dataDirectory: root, providerConfig: file };
    const open = (): Promise<EncryptedStore> =>
      encryptStore(unclosedStore(raw), options, environmentAt(new VirtualClock()));
    writeFileSync(file, config(["configmaps"], "one"));
    const needed = "/registry/configmaps/kube-system/extension-apiserver-authentication";
    const first = await open();
    await first.store.create("/registry/configmaps/default/other", secret("other"));
    await first.store.close();
    writeFileSync(file, config(["configmaps"], "two"));
    const second = await open();
    await assert.rejects(second.store.get("/registry/configmaps/default/other"), /written with .*:one/);
    await second.store.create("/registry/configmaps/default/mine", secret("mine"));
    assert.deepEqual((await second.store.get("/registry/configmaps/default/mine"))?.value, secret("mine"));
    await second.store.create(needed, secret("needed"));
    await second.store.close();
    const before = raw.revision();
    writeFileSync(file, config(["configmaps"], "three"));
    await assert.rejects(
      open(),
      /unable to transform key "\/registry\/configmaps\/kube-system\/extension-apiserver-authentication".*written with .*:two.*\(configmaps\).*nothing was changed.*encryption\.yaml/s,
    );
    assert.equal(raw.revision(), before);
    await raw.close();
  });

  test("that is wrong keeps the cluster from starting, and says what is wrong", async () => {
    const root = directory();
    const file = join(root, "encryption.yaml");
    writeFileSync(file, config(["Secrets"], "one"));
    const raw = createMemoryStore({ clock: new VirtualClock() });
    const options = { dataDirectory: root, providerConfig: file };
    await assert.rejects(encryptStore(raw, options, environmentAt(new VirtualClock())), /capital letters/);
    await assert.rejects(raw.get(KEY), /closed/);
  });
});

test("a start without the key that Secrets are encrypted with says so, and makes no other", async () => {
  const root = directory();
  const raw = createMemoryStore({ clock: new VirtualClock() });
  const { store } = await openOver(raw, root);
  await store.create(KEY, secret());
  const kept = readFileSync(encryptionFile(root));
  rmSync(encryptionFile(root));
  const again = unclosedStore(raw);
  await assert.rejects(openOver(again, root), /encryption-configuration\.json is missing, and Secrets/);
  assert.deepEqual(encryptionKeyNames(root), []);
  writeFileSync(encryptionFile(root), kept, { mode: 0o600 });
  const opened = await openOver(again, root);
  assert.match((await opened.store.get(KEY))!.value.toString(), /"Secret"/);
  await opened.store.close();
  await store.close();
});
