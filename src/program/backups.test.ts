import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { aesGcmTransformer } from "../apiserver/encryption/aes-gcm-transformer.ts";
import { systemClock } from "../base/clock.ts";
import { silentLogger } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { damageLastFrame } from "../store/consistency/damage-log.ts";
import { openEmbeddedStore } from "../store/embedded/embedded-store.ts";
import { mountedKeySpace } from "../store/etcd/keys.ts";
import { REVISION_BUMP } from "../store/snapshot/state.ts";
import { writeEtcdSnapshot } from "../store/snapshot/write-etcd-snapshot.ts";
import type { Store } from "../store/store.ts";
import { backups } from "./backups.ts";
import { encryptStore } from "./encryption.ts";

const open = (dataDirectory: string): Promise<Store> =>
  openEmbeddedStore({ directory: join(dataDirectory, "store"), clock: systemClock, log: silentLogger });

const CONFIGURATION = JSON.stringify({ keys: [{ name: "one", secret: "x" }] }, null, 1);

/** A place for everything, with a data directory `from` that has keys and a store that runs. */
async function world(context: TestContext): Promise<{ root: string; from: string; to: string; store: Store }> {
  const root = mkdtempSync(join(tmpdir(), "wherry-backups-"));
  const [from, to] = [join(root, "from"), join(root, "to")];
  mkdirSync(join(from, "pki", "old"), { recursive: true });
  writeFileSync(join(from, "cluster.json"), '{"clusterCidr":"10.42.0.0/16"}');
  writeFileSync(join(from, "wherry.log"), "a log");
  for (const [name, text] of [
    ["ca.crt", "certificate"],
    ["ca.key", "key"],
    ["old/sa.pub", "token key"],
    ["encryption-configuration.json", CONFIGURATION],
    ["ca.key.new", "a draft"],
    ["server-identity.json", "of this one"],
  ] as const) {
    writeFileSync(join(from, "pki", name), text);
  }
  const store = await open(from);
  await store.create("/registry/pods/a", Buffer.from("{}"));
  await store.create("/registry/secrets/a", Buffer.from("k8s:enc:aesgcm:v1:one:\u0001\u0002", "latin1"));
  context.after(async () => {
    await store.close();
    rmSync(root, { recursive: true });
  });
  return { root, from, to, store };
}

test("a backup of a running cluster is restored into an empty directory, keys and all", async (context) => {
  const { root, from, to, store } = await world(context);
  const written = await backups.create({ dataDirectory: from, output: `${root}/copies/`, withKeys: true });
  assert.deepEqual([written.objects, written.revision, written.holdsKeys], [2, 3, true]);
  assert.deepEqual(written.missingKeys, []);
  assert.match(written.file, /copies\/wherry-\d{8}-\d{6}\.backup$/);
  await store.create("/registry/pods/later", Buffer.from("{}"));
  const again = await backups.create({ dataDirectory: from, output: `${root}/copies/`, withKeys: true });
  writeFileSync(join(root, "copies", "cut.backup"), readFileSync(again.file).subarray(0, -10));
  const rows = await backups.list(join(root, "copies"), { verify: false });
  assert.deepEqual(
    rows.map((row) => [row.objects, row.problem !== undefined]),
    [
      [undefined, true],
      [2, false],
      [3, false],
    ],
  );
  const flipped = readFileSync(again.file);
  flipped[flipped.length - 60]! ^= 1;
  writeFileSync(join(root, "copies", "flipped.backup"), flipped);
  const problemsOf = async (verify: boolean) =>
    (await backups.list(join(root, "copies"), { verify })).flatMap(({ problem }) => problem ?? []);
  assert.equal((await problemsOf(false)).length, 1, "a listing reads no bodies");
  const problems = await problemsOf(true);
  assert.equal(problems.length, 2);
  assert.match(problems.join(), /flipped.backup is damaged: its SHA-256 is not the one it was written with/);
  const [verified] = await backups.list(written.file, { verify: true });
  assert.deepEqual([verified?.verified, verified?.objects], [true, 2]);

  const restored = await backups.restore({ dataDirectory: to, file: written.file, force: false });
  assert.deepEqual(restored, { objects: 2, revision: 3 + REVISION_BUMP, missingKeys: [] });
  assert.deepEqual(readdirSync(to).sort(), ["cluster.json", "pki", "store"]);
  assert.deepEqual(readdirSync(join(to, "pki")).sort(), ["ca.crt", "ca.key", "encryption-configuration.json", "old"]);
  assert.equal(readFileSync(join(to, "pki", "old", "sa.pub"), "utf8"), "token key");
  assert.equal(statSync(join(to, "pki", "ca.key")).mode & 0o777, 0o600);
  assert.equal(statSync(to).mode & 0o777, 0o700);
  const opened = await open(to);
  assert.equal((await opened.list({ prefix: "/" })).items.length, 2);
  await opened.close();
});

test("nothing is changed when a restore is refused", async (context) => {
  const { root, from, to } = await world(context);
  const { file } = await backups.create({ dataDirectory: from, output: join(root, "a.backup"), withKeys: false });
  await assert.rejects(backups.create({ dataDirectory: from, output: file, withKeys: true }), /is there already/);
  await assert.rejects(backups.restore({ dataDirectory: to, file, force: false }), /holds no keys.*--pki-dir/);
  const pkiDirectory = join(from, "pki");
  await assert.rejects(
    backups.restore({ dataDirectory: from, file, pkiDirectory, force: true }),
    /in use by this process/,
  );
  mkdirSync(to);
  writeFileSync(join(to, "mine"), "precious");
  await assert.rejects(
    backups.restore({ dataDirectory: to, file, pkiDirectory, force: false }),
    /is not empty.*--force/,
  );
  await assert.rejects(backups.restore({ dataDirectory: file, file, pkiDirectory, force: true }), /is a file/);
  const cut = join(root, "cut.backup");
  writeFileSync(cut, readFileSync(file).subarray(0, -1));
  await assert.rejects(backups.restore({ dataDirectory: to, file: cut, pkiDirectory, force: true }), /cut short/);
  assert.deepEqual(readdirSync(to), ["mine"]);
  assert.deepEqual(readdirSync(root).sort(), ["a.backup", "cut.backup", "from", "to"]);

  const { movedTo } = await backups.restore({ dataDirectory: to, file, pkiDirectory, force: true });
  assert.equal(readFileSync(join(movedTo ?? "", "mine"), "utf8"), "precious");
  assert.equal(readFileSync(join(to, "pki", "ca.key"), "utf8"), "key");
});

test("a store that has lost its last acknowledged write goes on without it by an export and an import", async (context) => {
  const { root, from, to, store } = await world(context);
  const files = ["store.db", "store.db-wal", "store.db-acknowledged"] as const;
  mkdirSync(join(to, "store"), { recursive: true });
  for (const name of files) copyFileSync(join(from, "store", name), join(to, "store", name));
  assert.equal(store.revision(), 3);
  damageLastFrame(join(to, "store", "store.db-wal"));
  await assert.rejects(open(to), /has lost acknowledged writes: it ends at revision 2, and 3 was acknowledged/);
  const file = join(root, "saved.db");
  const exported = await backups.exportStore({ dataDirectory: to, file, prefix: "/registry" });
  assert.deepEqual(exported, { objects: 1, lost: "it ends at revision 2, and 3 was acknowledged" });
  await assert.rejects(open(to), /has lost acknowledged writes/, "reading has changed nothing");
  const { movedTo } = await backups.importStore({ dataDirectory: to, file, prefix: "/registry", force: true });
  assert.deepEqual(
    readdirSync(movedTo ?? "")
      .filter((name) => name.startsWith("store.db"))
      .sort()
      .slice(0, 2),
    ["store.db", "store.db-acknowledged"],
  );
  const opened = await open(to);
  assert.equal(opened.revision(), 2 + 2 * REVISION_BUMP);
  assert.equal((await opened.list({ prefix: "/" })).items.length, 1);
  await opened.close();
});

test("keys that are nowhere are named", async (context) => {
  const { root, from, store } = await world(context);
  await store.create("/registry/secrets/b", Buffer.from("k8s:enc:secretbox:v1:other:xyz"));
  const written = await backups.create({ dataDirectory: from, output: join(root, "a.backup"), withKeys: true });
  assert.deepEqual(written.missingKeys, ["secretbox:other"]);
});

test("objects move by an etcd snapshot, and those of before are kept aside", async (context) => {
  const { root, from, to } = await world(context);
  const file = join(root, "cluster.db");
  const prefix = "/kubernetes.io";
  assert.deepEqual(await backups.exportStore({ dataDirectory: from, file, prefix }), { objects: 2, lost: undefined });
  await assert.rejects(backups.exportStore({ dataDirectory: from, file, prefix }), /is there already/);
  const at = { dataDirectory: to, file, force: false };
  await assert.rejects(backups.importStore({ ...at, prefix: "/registry" }), /nothing below \/registry.*--etcd-prefix/);
  const withoutHash = join(root, "member.db");
  writeFileSync(withoutHash, readFileSync(file).subarray(0, -32));
  const member = { ...at, file: withoutHash, prefix };
  await assert.rejects(backups.importStore(member), /no SHA-256 at its end, so it was cut short.*--skip-hash-check/);
  assert.equal(existsSync(to), false, "nothing was changed");
  const moved = await backups.importStore({ ...member, skipHashCheck: true });
  // The third says where the encrypted values come from.
  assert.deepEqual(moved, { objects: 3, revision: 3 + 2 * REVISION_BUMP, missingKeys: ["aesgcm:one"] });
  await assert.rejects(backups.importStore({ ...at, prefix }), /holds objects.*--force/);
  const { movedTo, ...again } = await backups.importStore({ ...at, prefix, force: true });
  assert.ok(existsSync(join(movedTo ?? "", "store.db")));
  assert.deepEqual(again, moved, "the same with its hash");
  await assert.rejects(backups.importStore({ ...at, file: join(root, "none.db"), prefix }), /cannot read .*none.db/);
});

test("encrypted values that upstream's server wrote below a prefix are read wherever they are moved", async (context) => {
  const root = mkdtempSync(join(tmpdir(), "wherry-moved-"));
  context.after(() => rmSync(root, { recursive: true }));
  const [to, further] = [join(root, "to"), join(root, "further")];
  const [first, second] = [join(root, "first.db"), join(root, "second.db")];
  const value = Buffer.from('{"kind":"Secret"}');
  const [KEY, secretKey] = [
    "/registry/secrets/default/a",
    { name: "one", secret: Buffer.alloc(32, 1).toString("base64") },
  ];
  const sealed = aesGcmTransformer(secretKey, systemRandom).encrypt(value, "/kube/secrets/default/a");
  const state = { revision: 7, objects: [{ key: KEY, value: sealed, revision: 7 }] };
  writeEtcdSnapshot(first, state, mountedKeySpace("/registry/", "/kube/"));
  await backups.importStore({ dataDirectory: to, file: first, prefix: "/kube", force: false });
  await backups.exportStore({ dataDirectory: to, file: second, prefix: "/elsewhere" });
  await backups.importStore({ dataDirectory: further, file: second, prefix: "/elsewhere", force: false });
  const providerConfig = join(root, "encryption.json");
  const resources = [{ resources: ["secrets"], providers: [{ aesgcm: { keys: [secretKey] } }] }];
  const kind = { apiVersion: "apiserver.config.k8s.io/v1", kind: "EncryptionConfiguration" };
  writeFileSync(providerConfig, JSON.stringify({ ...kind, resources }));
  for (const dataDirectory of [to, further]) {
    const by = { clock: new VirtualClock(), random: systemRandom, log: silentLogger };
    const { store } = await encryptStore(await open(dataDirectory), { dataDirectory, providerConfig }, by);
    const read = await store.get(KEY);
    assert.deepEqual([read?.value, store.isStale?.(KEY, read!.value)], [value, true]);
    await store.close();
  }
});

test("places that cannot be written are refused at once, with their name, and nothing of it stays", {
  skip: process.platform !== "linux" && "needs /proc",
}, async (context) => {
  const { root, from, to } = await world(context);
  const { file } = await backups.create({ dataDirectory: from, output: `${root}/copies/`, withKeys: true });
  const move = { dataDirectory: from, prefix: "/registry" };
  const refused: [() => Promise<unknown>, RegExp][] = [
    [
      () => backups.create({ dataDirectory: from, output: "/proc/nope/x.backup", withKeys: true }),
      /^cannot make the directory \/proc\/nope: .* \(--output\)$/,
    ],
    [
      () => backups.create({ dataDirectory: from, output: "/proc/x.backup", withKeys: true }),
      /^cannot write \/proc\/x\.backup: /,
    ],
    [() => backups.exportStore({ ...move, file: "/proc/x.db" }), /^cannot write \/proc\/x\.db: /],
    [
      () => backups.restore({ file, dataDirectory: "/proc/nope/data", force: false }),
      /^cannot write \/proc\/nope\/data\.restoring: .* \(--data-dir\)$/,
    ],
    [
      () => backups.importStore({ file, dataDirectory: "/proc/nope/data", prefix: "/registry", force: false }),
      /^cannot use the data directory \/proc\/nope\/data: .*--data-dir/,
    ],
  ];
  for (const [action, message] of refused) {
    await assert.rejects(action, (error) => {
      assert.match((error as Error).message, message);
      return true;
    });
  }
  writeFileSync(join(root, "no.db"), "not a snapshot");
  await assert.rejects(
    backups.importStore({ file: join(root, "no.db"), dataDirectory: to, prefix: "/registry", force: false }),
  );
  assert.equal(existsSync(to), false);
});
