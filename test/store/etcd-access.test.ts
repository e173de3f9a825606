import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { issueCertificate } from "../../src/bootstrap/pki/issue-certificate.ts";
import type { EtcdAddress } from "../../src/store/etcd/endpoint.ts";
import { type EtcdStore, openEtcdStore } from "../../src/store/etcd/etcd-store.ts";
import { mountedKeySpace } from "../../src/store/etcd/keys.ts";
import { StoreUnavailableError, ValueTooLargeError } from "../../src/store/store.ts";
import { startEtcd, withoutEtcd } from "../support/etcd.ts";

const skip = withoutEtcd();
const HOUR_MS = 3_600_000;

const open = (address: EtcdAddress, more: Partial<Parameters<typeof openEtcdStore>[0]> = {}): Promise<EtcdStore> =>
  openEtcdStore({ ...address, clock: systemClock, random: systemRandom, log: silentLogger, ...more });

/** Files of an authority, and of a certificate for etcd and for its clients. */
function certificates(context: TestContext, name: string) {
  const directory = mkdtempSync(join(tmpdir(), "wherry-etcd-tls-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = (what: string, text: string): string => {
    const path = join(directory, `${name}-${what}`);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const newKey = (): KeyObject => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const lifetime = { notBefore: Date.now() - HOUR_MS, notAfter: Date.now() + HOUR_MS };
  const key = newKey();
  const authority = issueCertificate(
    { subject: { commonName: name }, publicKey: createPublicKey(key), usage: "authority", ...lifetime },
    { key },
    systemRandom,
  );
  const leaf = (usage: "server" | "client") => {
    const own = newKey();
    const request = { subject: { commonName: usage }, publicKey: createPublicKey(own), usage, ...lifetime };
    const issuer = { key, certificate: new X509Certificate(authority).raw };
    const certificate = issueCertificate({ ...request, addresses: ["127.0.0.1"] }, issuer, systemRandom);
    return {
      certificateFile: file(`${usage}.crt`, certificate),
      keyFile: file(`${usage}.key`, own.export({ type: "sec1", format: "pem" }) as string),
    };
  };
  return { authorityFile: file("ca.crt", authority), server: leaf("server"), client: leaf("client") };
}

test("TLS with client certificates", { skip, timeout: 60_000 }, async (context) => {
  const ours = certificates(context, "ours");
  const theirs = certificates(context, "theirs");
  const etcd = await startEtcd({ tls: { authorityFile: ours.authorityFile, ...ours.server } });
  context.after(() => etcd.stop());
  const servers = etcd.urls;

  const store = await open({ servers, authorityFile: ours.authorityFile, ...ours.client });
  const { revision } = await store.create("/a", Buffer.from("x"));
  for await (const batch of store.watch({ prefix: "/", afterRevision: revision - 1 })) {
    assert.deepEqual(
      batch.events.map(({ key }) => key),
      ["/a"],
    );
    break;
  }
  await store.close();

  const refused = async (address: Omit<EtcdAddress, "servers">, message: RegExp): Promise<void> => {
    await assert.rejects(open({ servers, ...address }), (error) => {
      assert.ok(error instanceof StoreUnavailableError, String(error));
      assert.match(error.message, message);
      return true;
    });
  };
  const notSigned = /^etcd at https:.*: its certificate is not signed by the authority in --etcd-cafile$/;
  await refused({ authorityFile: theirs.authorityFile, ...ours.client }, notSigned);
  const notAccepted =
    /^etcd at https:.*: it does not accept the client certificate: --etcd-certfile and --etcd-keyfile /;
  await refused({ authorityFile: ours.authorityFile }, notAccepted);
  await refused({ authorityFile: ours.authorityFile, ...theirs.client }, notAccepted);
  const plain = open({ servers: servers.map((url) => url.replace("https", "http")) });
  await assert.rejects(
    plain,
    /^StoreUnavailableError: etcd at http:.*: it may expect TLS \(https:\/\/\), or be no etcd$/,
  );
});

test("certificates that are renewed on the disk are used when a connection is made anew", {
  skip,
  timeout: 60_000,
}, async (context) => {
  const [before, after] = [certificates(context, "before"), certificates(context, "after")];
  const etcd = await startEtcd({ tls: { authorityFile: before.authorityFile, ...before.server } });
  context.after(() => etcd.stop());
  const store = await open({ servers: etcd.urls, authorityFile: before.authorityFile, ...before.client });
  context.after(() => store.close());
  const first = await store.create("/a", Buffer.from("x"));
  const watch = store.watch({ prefix: "/", afterRevision: first.revision })[Symbol.asyncIterator]();
  const next = watch.next();

  const [member] = etcd.members;
  await member!.kill();
  for (const [from, to] of [
    [after.authorityFile, before.authorityFile],
    [after.server.certificateFile, before.server.certificateFile],
    [after.server.keyFile, before.server.keyFile],
    [after.client.certificateFile, before.client.certificateFile],
    [after.client.keyFile, before.client.keyFile],
  ] as const) {
    copyFileSync(from, to);
  }
  await pause(200);
  member!.start();
  const { revision } = await store.create("/b", Buffer.from("x"));
  const seen = await next;
  assert.ok(seen.done !== true);
  assert.deepEqual(
    seen.value.events.map((event) => [event.key, event.revision]),
    [["/b", revision]],
  );
});

test("a key that is not the certificate's is told before anything is connected", async (context) => {
  const { server, client } = certificates(context, "ours");
  const pair = { certificateFile: client.certificateFile, keyFile: server.keyFile };
  await assert.rejects(
    open({ servers: ["https://127.0.0.1:1"], ...pair }),
    /the key in .*ours-server\.key is not the one of the certificate in .*ours-client\.crt/,
  );
});

test("servers of two clusters are told before anything is written", { skip, timeout: 60_000 }, async (context) => {
  const [one, other] = await Promise.all([startEtcd(), startEtcd()]);
  context.after(() => Promise.all([one.stop(), other.stop()]));
  await assert.rejects(open({ servers: [...one.urls, ...other.urls] }), /belongs to another cluster/);
  await assert.rejects(open({ servers: ["http://127.0.0.1:1"] }), /etcd at http:\/\/127.0.0.1:1: .*ECONNREFUSED/);

  // One that is away does no harm; keys lie where the prefix says.
  const keys = mountedKeySpace("/registry/", "/kubernetes.io/");
  const store = await open({ servers: ["http://127.0.0.1:1", ...one.urls] }, { keys });
  await store.create("/registry/pods/a", Buffer.from("x"));
  assert.deepEqual(
    (await store.list({ prefix: "/registry/" })).items.map(({ key }) => key),
    ["/registry/pods/a"],
  );
  const plain = await open({ servers: one.urls });
  assert.deepEqual(
    (await plain.list({ prefix: "/" })).items.map(({ key }) => key),
    ["/kubernetes.io/pods/a"],
  );
  await Promise.all([store.close(), plain.close()]);
});

test("watches that are slower than what is kept miss nothing", { skip, timeout: 60_000 }, async (context) => {
  const etcd = await startEtcd();
  context.after(() => etcd.stop());
  const store = await open({ servers: etcd.urls }, { recent: { events: 10, bytes: 1e6 } });
  context.after(() => store.close());
  const start = store.revision();
  const slow = store.watch({ prefix: "/p/", afterRevision: start })[Symbol.asyncIterator]();
  const seen: string[] = [];
  let last = 0;
  for (let round = 0; round < 6; round++) {
    const keys = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0 ? `/p/${round}-${index}` : `/q/${round}-${index}`,
    );
    for (const key of keys) last = (await store.create(key, Buffer.from(key))).revision;
    // Of each round only a little is read; the rest falls out of what is kept.
    const { value } = await slow.next();
    seen.push(...(value?.events ?? []).map(({ key }: { key: string }) => key));
  }
  for (let revision = 0; revision < last; ) {
    const { value } = await slow.next();
    assert.ok(value !== undefined);
    revision = value.revision;
    seen.push(...value.events.map(({ key }: { key: string }) => key));
  }
  const expected = (await store.list({ prefix: "/p/" })).items.toSorted(
    (left, right) => left.revision - right.revision,
  );
  assert.deepEqual(
    seen,
    expected.map(({ key }) => key),
  );
  await slow.return?.();
});

test("a value that etcd will never take, and an etcd that is away", { skip, timeout: 60_000 }, async (context) => {
  const etcd = await startEtcd();
  context.after(() => etcd.stop());
  const store = await open({ servers: etcd.urls });
  context.after(() => store.close());
  const large = await store.create("/large", Buffer.alloc(1_500_000, "x"));
  const changed = await store.update("/large", Buffer.alloc(1_500_000, "y"), large.revision);
  for await (const { events } of store.watch({ prefix: "/", afterRevision: large.revision })) {
    const sizes = events.map(({ revision, value, previous }) => [revision, value.length, previous?.value.length]);
    assert.deepEqual(sizes, [[changed.revision, 1_500_000, 1_500_000]]);
    break;
  }
  await assert.rejects(store.create("/larger", Buffer.alloc(2_000_000, "x")), ValueTooLargeError);
  assert.equal(store.health(), undefined);

  const [member] = etcd.members;
  const watch = store.watch({ prefix: "/", afterRevision: store.revision() })[Symbol.asyncIterator]();
  const next = watch.next();
  await member!.kill();
  // The client hears of it; what is sent into a broken connection has an unknown outcome.
  await pause(200);
  const writing = store.create("/while-away", Buffer.from("x"));
  setTimeout(() => member!.start(), 1500);
  const { revision } = await writing;
  const seen = await next;
  assert.ok(seen.done !== true);
  assert.deepEqual(
    seen.value.events.map((event) => [event.key, event.revision]),
    [["/while-away", revision]],
  );
});
