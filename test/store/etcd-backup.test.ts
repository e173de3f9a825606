import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { ensurePki } from "../../src/bootstrap/pki/ensure-pki.ts";
import { backups } from "../../src/program/backups.ts";
import { openEmbeddedStore } from "../../src/store/embedded/embedded-store.ts";
import { openEtcdStore } from "../../src/store/etcd/etcd-store.ts";
import type { Store } from "../../src/store/store.ts";
import { startEtcd, withoutEtcd } from "../support/etcd.ts";

const host = { clock: systemClock, random: systemRandom, log: silentLogger };

async function etcdOf(context: TestContext): Promise<{ store: Store; servers: readonly string[] }> {
  const cluster = await startEtcd();
  const store = await openEtcdStore({ servers: cluster.urls, ...host });
  context.after(async () => {
    await store.close();
    await cluster.stop();
  });
  return { store, servers: cluster.urls };
}

/** A data directory with keys; answers the hash of its authority's, as servers write it into etcd. */
async function keysIn(dataDirectory: string): Promise<string> {
  mkdirSync(dataDirectory);
  const names = { nodeName: "boat", names: [], addresses: [] };
  const pki = await ensurePki({ directory: join(dataDirectory, "pki"), ...names, ...host });
  writeFileSync(join(dataDirectory, "cluster.json"), "{}");
  const key = new X509Certificate(pki.authority.certificate).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("hex");
}

test("a cluster in etcd is copied and restored on either engine, and keys of another are refused", {
  skip: withoutEtcd(),
  timeout: 90_000,
}, async (context) => {
  const root = mkdtempSync(join(tmpdir(), "wherry-etcd-backup-"));
  context.after(() => rmSync(root, { recursive: true }));
  const [own, other] = [join(root, "own"), join(root, "other")];
  const authority = await keysIn(own);
  await keysIn(other);
  const [from, to] = await Promise.all([etcdOf(context), etcdOf(context)]);
  await from.store.create("/registry/wherry/cluster", Buffer.from(JSON.stringify({ clusterCidr: "", authority })));
  for (let index = 0; index < 200; index++) {
    await from.store.create(`/registry/pods/${index}`, Buffer.from(`{"index":${index}}`));
  }
  await from.store.create("/registry/events/a", Buffer.from("{}"), { timeToLiveSeconds: 1000 });
  await from.store.create("/somebody/else", Buffer.from("not ours"));

  const etcd = { servers: from.servers, prefix: "/registry" };
  const output = join(root, "a.backup");
  await assert.rejects(
    backups.create({ dataDirectory: other, etcd, output, withKeys: true }),
    /etcd is another cluster's than .*other/,
  );
  assert.deepEqual(readdirSync(root).sort(), ["other", "own"]);
  const written = await backups.create({ dataDirectory: own, etcd, output, withKeys: true });
  assert.deepEqual([written.objects, written.engine, written.revision], [202, "etcd", from.store.revision()]);

  const embedded = join(root, "embedded");
  await backups.restore({ dataDirectory: embedded, file: output, force: false });
  const store = await openEmbeddedStore({ directory: join(embedded, "store"), ...host });
  const there = (await from.store.list({ prefix: "/registry/" })).items;
  assert.deepEqual((await store.list({ prefix: "/" })).items, there, "values and revisions");
  await store.close();

  const shared = join(root, "shared");
  const target = { servers: to.servers, prefix: "/kubernetes.io" };
  await backups.restore({ dataDirectory: shared, etcd: target, file: output, force: false });
  assert.deepEqual(readdirSync(shared).sort(), ["cluster.json", "pki"]);
  const { items } = await to.store.list({ prefix: "/kubernetes.io/" });
  assert.deepEqual(
    items.map(({ key, value }) => [key.replace("/kubernetes.io/", "/registry/"), value]),
    there.map(({ key, value }) => [key, value]),
  );
  const again = { dataDirectory: join(root, "again"), etcd: target, file: output, force: false };
  await assert.rejects(backups.restore(again), /objects below the prefix already/);
  assert.ok(!existsSync(again.dataDirectory), "nothing was changed");

  // Back by etcd's own snapshot, from below another prefix.
  const file = join(root, "snapshot.db");
  await backups.exportStore({ dataDirectory: shared, etcd: target, file, prefix: "/kubernetes.io" });
  const back = { dataDirectory: join(root, "back"), file, prefix: "/kubernetes.io", force: false };
  assert.equal((await backups.importStore(back)).objects, 202);
});
