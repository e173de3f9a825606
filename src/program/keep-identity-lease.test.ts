import assert from "node:assert/strict";
import { hostname } from "node:os";
import { afterEach, beforeEach, test } from "node:test";
import type { Lease } from "../api/generated/coordination.k8s.io/v1.ts";
import { leases, namespaces } from "../api/generated/resources.ts";
import { type MemoryServer, startMemoryServer } from "../apiserver/testing/memory-server.ts";
import { formatMicroTime } from "../base/clock.ts";
import { silentLogger } from "../base/log.ts";
import { seededRandom } from "../base/random.ts";
import { identityName } from "./identity-lease.ts";
import { keepIdentityLease } from "./keep-identity-lease.ts";
import type { Started } from "./stop.ts";

const LABELS = { "apiserver.kubernetes.io/identity": "kube-apiserver" };
const OWN = { namespace: "kube-system", name: identityName(hostname()) };
const MINUTE_MS = 60_000;
const HOW = { keepPods: false };

let memory: MemoryServer;
let started: Started[];

beforeEach(async () => {
  memory = await startMemoryServer();
  started = [];
  for (const name of ["kube-system", "quay"]) await memory.client.create(namespaces, { metadata: { name } });
});
afterEach(async () => {
  for (const each of started) await each.stop(HOW);
  await memory.close();
});

async function keep(seed = 1): Promise<Started> {
  const { client, clock } = memory;
  const kept = keepIdentityLease(client, { clock, random: seededRandom(seed), log: silentLogger });
  started.push(kept);
  await clock.advance(1);
  return kept;
}
const own = () => memory.client.get(leases, OWN);
const holder = async () => (await own()).spec?.holderIdentity;
const age = async () => memory.clock.now() - Date.parse((await own()).spec?.renewTime ?? "");
const names = async (namespace: string) =>
  (await memory.client.list(leases, { namespace })).items.map(({ metadata }) => metadata?.name);

/** A Lease of somebody else, last renewed so long ago. */
function other(name: string, ageMs: number, more: Lease["metadata"] = { labels: LABELS }): Promise<Lease> {
  const renewTime = formatMicroTime(memory.clock.now() - ageMs);
  const spec = { holderIdentity: name, leaseDurationSeconds: 3600, renewTime };
  return memory.client.create(leases, { metadata: { namespace: "kube-system", name, ...more }, spec } as Lease);
}

test("a server is named by its machine, as upstream's", () => {
  // printf '\0\6quay-1\0\16kube-apiserver' | sha256sum | head -c 32 | xxd -r -p | base32
  assert.equal(identityName("quay-1"), "apiserver-6uu2hlraew5k7bu3cca5xezlgm");
});

test("a running API server has a Lease, which is renewed long before it ends and seldom written", async () => {
  await keep();
  const { metadata, spec } = await own();
  assert.deepEqual(metadata?.labels, { ...LABELS, "kubernetes.io/hostname": hostname() });
  assert.equal(spec?.leaseDurationSeconds, 3600);
  assert.match(spec?.holderIdentity ?? "", new RegExp(`^${OWN.name}_[0-9a-f-]{36}$`));
  const before = metadata?.resourceVersion;
  await memory.clock.advance(9 * MINUTE_MS);
  assert.equal((await own()).metadata?.resourceVersion, before);
  for (let hour = 0; hour < 6; hour++) {
    await memory.clock.advance(11 * MINUTE_MS);
    assert.ok((await age()) <= 10 * MINUTE_MS + 10_000);
  }
  assert.equal((await own()).spec?.holderIdentity, spec?.holderIdentity);
  assert.equal((await own()).metadata?.uid, metadata?.uid);
});

test("it comes back when somebody deletes it, and is put right when somebody says otherwise", async () => {
  await keep();
  await memory.client.delete(leases, OWN);
  await memory.clock.advance(10_000);
  const lease = await own();
  await memory.client.update(leases, { ...lease, spec: { ...lease.spec, leaseDurationSeconds: 1 } });
  await memory.clock.advance(10_000);
  assert.equal((await own()).spec?.leaseDurationSeconds, 3600);
});

test("it goes with the server, and is another one for the next", async () => {
  const first = await keep();
  const before = await own();
  await first.stop(HOW);
  assert.deepEqual(await names("kube-system"), []);
  const { resourceVersion: _, uid: _uid, ...metadata } = before.metadata ?? {};
  await memory.client.create(leases, { ...before, metadata });
  await keep(2);
  assert.notEqual(await holder(), before.spec?.holderIdentity);
});

test("of two servers of one machine the one that ends leaves the other's", async () => {
  const first = await keep(1);
  await keep(2);
  const second = await holder();
  await first.stop(HOW);
  assert.equal(await holder(), second);
});

test("Leases of servers that are gone are removed, each hour, and no others", async () => {
  await other("gone", 61 * MINUTE_MS);
  await other("alive", 59 * MINUTE_MS);
  await other("not-a-server", 61 * MINUTE_MS, {});
  await other("elsewhere", 61 * MINUTE_MS, { namespace: "quay", labels: LABELS });
  await memory.client.create(leases, { metadata: { namespace: "kube-system", name: "empty", labels: LABELS } });
  await keep();
  assert.deepEqual(await names("kube-system"), ["alive", OWN.name, "not-a-server"].sort());
  assert.deepEqual(await names("quay"), ["elsewhere"]);
  await memory.clock.advance(59 * MINUTE_MS);
  assert.deepEqual(await names("kube-system"), ["alive", OWN.name, "not-a-server"].sort());
  await memory.clock.advance(2 * MINUTE_MS);
  assert.deepEqual(await names("kube-system"), [OWN.name, "not-a-server"].sort());
});
