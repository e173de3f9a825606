import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { encodeObject } from "../api/protobuf/encode.ts";
import { readableStore } from "../apiserver/registry/readable-store.ts";
import { systemClock } from "../base/clock.ts";
import { silentLogger } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import { ensurePki, type Pki } from "../bootstrap/pki/ensure-pki.ts";
import { createMemoryStore } from "../store/memory/memory-store.ts";
import { unclosedStore } from "../store/testing/unclosed-store.ts";
import { completeRanges } from "./cluster-ranges.ts";
import { encryptStore } from "./encryption.ts";
import { ensureEncryptionKeys } from "./encryption-keys.ts";
import { joinSharedCluster, readSharedCluster, requireClusterKeys } from "./shared-cluster.ts";
import { copySharedKeys } from "./shared-keys.ts";

const directory = mkdtempSync(join(tmpdir(), "wherry-shared-"));
after(() => rmSync(directory, { recursive: true }));

const facts = completeRanges({ clusterCidr: "10.244.0.0/16" });
const pkiIn = (name: string): Promise<Pki> =>
  ensurePki({
    directory: join(directory, name, "pki"),
    clock: systemClock,
    random: systemRandom,
    nodeName: name,
    names: [],
    addresses: [],
  });
const newStore = () => readableStore(createMemoryStore({ clock: systemClock }));

test("the first server says what the cluster is, the others join it with its keys", async () => {
  const store = newStore();
  const first = await pkiIn("first");
  assert.equal(await readSharedCluster(store), undefined);
  await joinSharedCluster(store, { facts, pki: first });
  assert.equal((await readSharedCluster(store))?.clusterCidr, facts.clusterCidr);

  const stranger = await pkiIn("stranger");
  const revision = store.revision();
  await assert.rejects(
    joinSharedCluster(store, { facts, pki: stranger }),
    /another certificate authority than .*stranger/,
  );
  assert.equal(store.revision(), revision, "nothing was changed");

  copySharedKeys(join(directory, "first", "pki"), join(directory, "second"));
  const second = await pkiIn("second");
  await joinSharedCluster(store, { facts, pki: second });
  assert.notEqual(second.apiServer.certificate, first.apiServer.certificate, "each server has its own certificate");
  await assert.rejects(
    joinSharedCluster(store, { facts: { ...facts, clusterCidr: "10.9.0.0/16" }, pki: second }),
    /clusterCidr 10\.244\.0\.0\/16, cluster\.json here says 10\.9/,
  );
  await assert.rejects(
    joinSharedCluster(store, { facts: { ...facts, clusterDomain: "corp.example" }, pki: second }),
    /clusterDomain cluster\.local, cluster\.json here says corp\.example/,
  );
});

test("a cluster that was begun before servers told each other all of it has the values that there were", async () => {
  const store = newStore();
  const pki = await pkiIn("older");
  await joinSharedCluster(store, { facts, pki });
  const { value, revision } = (await store.get("/registry/wherry/cluster"))!;
  const { authority, serviceAccountKey } = JSON.parse(value.toString()) as Record<string, string>;
  const { clusterCidr, serviceCidr } = facts;
  const older = { clusterCidr, serviceCidr, authority, serviceAccountKey };
  await store.update("/registry/wherry/cluster", Buffer.from(JSON.stringify(older)), revision);
  assert.deepEqual(await readSharedCluster(store), { ...facts, authority, serviceAccountKey });
  await joinSharedCluster(store, { facts, pki });
});

test("a server without keys does not make its own for a cluster that is there", async () => {
  const dataDirectory = join(directory, "keyless");
  const store = newStore();
  requireClusterKeys(await readSharedCluster(store), dataDirectory);
  await joinSharedCluster(store, { facts, pki: await pkiIn("with-keys") });
  const cluster = await readSharedCluster(store);
  assert.throws(
    () => requireClusterKeys(cluster, dataDirectory),
    /etcd holds a cluster already, and its keys are not in .*keyless\/pki: .* with --pki-dir/,
  );
  requireClusterKeys(cluster, join(directory, "with-keys"));
});

test("another token key is told", async () => {
  const store = newStore();
  await joinSharedCluster(store, { facts, pki: await pkiIn("a") });
  copySharedKeys(join(directory, "a", "pki"), join(directory, "b"));
  for (const file of ["sa.key", "sa.pub"]) rmSync(join(directory, "b", "pki", file));
  await assert.rejects(
    joinSharedCluster(store, { facts, pki: await pkiIn("b") }),
    /another service account key than .*sa\.key/,
  );
});

test("a cluster that upstream's API server has made is joined with its authority only", async () => {
  const [own, stranger] = [await pkiIn("own"), await pkiIn("other")];
  const store = newStore();
  const authentication = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "kube-system", name: "extension-apiserver-authentication" },
    data: { "client-ca-file": own.authority.certificate },
  };
  await store.create(
    "/registry/configmaps/kube-system/extension-apiserver-authentication",
    encodeObject(authentication),
  );
  await assert.rejects(joinSharedCluster(store, { facts, pki: stranger }), /another certificate authority/);
  assert.equal(await readSharedCluster(store), undefined);
  await joinSharedCluster(store, { facts, pki: own });
});

test("servers that begin a cluster at the same moment agree", async () => {
  const store = newStore();
  const [one, two] = [await pkiIn("one"), await pkiIn("two")];
  const outcomes = await Promise.allSettled([one, two].map((pki) => joinSharedCluster(store, { facts, pki })));
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("keys are copied once and never changed", async () => {
  await pkiIn("from");
  const from = join(directory, "from", "pki");
  assert.throws(() => copySharedKeys(join(directory, "nowhere"), join(directory, "to")), /there is no .*ca\.crt/);
  assert.equal(existsSync(join(directory, "to")), false);
  copySharedKeys(from, join(directory, "to"));
  copySharedKeys(from, join(directory, "to"));
  assert.equal(existsSync(join(directory, "to", "pki", "apiserver.crt")), false, "what is of one machine stays there");
  assert.equal(
    readFileSync(join(directory, "to", "pki", "sa.key"), "utf8"),
    readFileSync(join(from, "sa.key"), "utf8"),
  );
  writeFileSync(join(directory, "to", "pki", "sa.key"), "another");
  assert.throws(
    () => copySharedKeys(from, join(directory, "to")),
    /sa\.key differ: this data directory belongs to another/,
  );
});

test("a server that cannot decrypt says so before it joins", async () => {
  const raw = createMemoryStore({ clock: systemClock });
  const by = { clock: systemClock, random: systemRandom, log: silentLogger };
  const encryptedIn = async (name: string) =>
    readableStore((await encryptStore(unclosedStore(raw), { dataDirectory: join(directory, name) }, by)).store);
  const first = await encryptedIn("e1");
  const pki = await pkiIn("e1");
  await joinSharedCluster(first, { facts, pki });
  await first.create("/registry/secrets/default/s", Buffer.from('{"kind":"Secret"}'));
  copySharedKeys(join(directory, "e1", "pki"), join(directory, "e2"));
  const same = await encryptedIn("e2");
  await joinSharedCluster(same, { facts, pki: await pkiIn("e2") });
  copyFileSync(
    ensureEncryptionKeys(join(directory, "e3"), by),
    join(directory, "e2", "pki", "encryption-configuration.json"),
  );
  const other = await encryptedIn("e2");
  await assert.rejects(joinSharedCluster(other, { facts, pki: await pkiIn("e2") }), /Secrets in etcd cannot be read/);
  for (const store of [first, same, other]) await store.close();
  await raw.close();
});
