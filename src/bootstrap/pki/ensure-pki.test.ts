import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { ensurePki, type Pki, type PkiOptions } from "./ensure-pki.ts";
import { issueCertificate } from "./issue-certificate.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const scratch = mkdtempSync(join(tmpdir(), "wherry-pki-"));
after(() => rmSync(scratch, { recursive: true }));

function options(name: string, over: Partial<PkiOptions> = {}): PkiOptions {
  const host = { nodeName: "boat", names: ["boat.local"], addresses: ["192.0.2.7", "2001:db8::7"] };
  return { directory: join(scratch, name), clock: new VirtualClock(), random: systemRandom, ...host, ...over };
}

test("makes every file once, private to its owner", async () => {
  const given = options("first");
  const first = await ensurePki(given);
  const files = readdirSync(given.directory).sort();
  assert.equal(first.written.length, files.length);
  assert.ok(files.includes("ca.crt") && files.includes("sa.pub") && files.includes("apiserver-kubelet-client.key"));
  for (const file of files) assert.equal(statSync(join(given.directory, file)).mode & 0o777, 0o600, file);
  assert.equal(statSync(given.directory).mode & 0o777, 0o700);
  const second = await ensurePki(given);
  assert.deepEqual({ ...second, written: first.written }, first);
  assert.deepEqual(second.written, []);
});

test("identities are upstream's", async () => {
  const pki = await ensurePki(options("identities"));
  const subjects: [keyof Pki, string][] = [
    ["admin", "O=kubeadm:cluster-admins\nCN=kubernetes-admin"],
    ["superAdmin", "O=system:masters\nCN=kubernetes-super-admin"],
    ["controllerManager", "CN=system:kube-controller-manager"],
    ["scheduler", "CN=system:kube-scheduler"],
    ["kubeProxy", "CN=system:kube-proxy"],
    ["kubeletClient", "O=system:nodes\nCN=system:node:boat"],
    ["kubeletServing", "O=system:nodes\nCN=system:node:boat"],
    ["apiServer", "CN=kube-apiserver"],
    ["apiServerKubeletClient", "O=kubeadm:cluster-admins\nCN=kube-apiserver-kubelet-client"],
    ["frontProxyClient", "CN=front-proxy-client"],
  ];
  for (const [name, subject] of subjects) {
    const pair = pki[name] as { certificate: string; key: string };
    const certificate = new X509Certificate(pair.certificate);
    const authority = name === "frontProxyClient" ? pki.frontProxyAuthority : pki.authority;
    assert.equal(certificate.subject, subject);
    assert.ok(certificate.verify(createPublicKey(authority.certificate)), `${name} is signed by its authority`);
    assert.ok(certificate.checkPrivateKey(createPrivateKey(pair.key)));
    const usage = name === "apiServer" || name === "kubeletServing" ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2";
    assert.deepEqual(certificate.keyUsage, [usage], name);
  }
});

test("the API server's certificate covers all its names and addresses", async () => {
  const pki = await ensurePki(options("names"));
  const certificate = new X509Certificate(pki.apiServer.certificate);
  const service = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
  ];
  for (const name of [...service, "localhost", "boat", "boat.local"]) assert.ok(certificate.checkHost(name), name);
  for (const address of ["10.96.0.1", "127.0.0.1", "::1", "192.0.2.7", "2001:db8::7"]) {
    assert.ok(certificate.checkIP(address), address);
  }
  assert.equal(certificate.checkHost("example.org"), undefined);
});

test("a full X.509 library reads the certificates alike", async () => {
  // The library's dependency injection insists on decorator metadata, of which it then uses none.
  Object.assign(Reflect, { getMetadata: () => undefined, getOwnMetadata: () => undefined, defineMetadata: () => {} });
  const {
    X509Certificate: Parsed,
    BasicConstraintsExtension,
    KeyUsagesExtension,
    KeyUsageFlags,
  } = await import("@peculiar/x509");
  const pki = await ensurePki(options("library"));
  const authority = new Parsed(pki.authority.certificate);
  assert.equal(authority.getExtension(BasicConstraintsExtension)?.ca, true);
  const usages = authority.getExtension(KeyUsagesExtension)?.usages ?? 0;
  assert.ok(usages & KeyUsageFlags.keyCertSign);
  const leaf = new Parsed(pki.kubeletClient.certificate);
  assert.equal(leaf.subject, "O=system:nodes, CN=system:node:boat");
  assert.equal(leaf.getExtension(BasicConstraintsExtension)?.ca, false);
  assert.ok(await leaf.verify({ publicKey: authority.publicKey, signatureOnly: true }));
  assert.equal(leaf.notAfter.getTime() - leaf.notBefore.getTime(), 365 * DAY_MS + 5 * 60 * 1000);
});

test("leaves are renewed in their last third, authorities on their own key", async () => {
  const clock = new VirtualClock();
  const given = options("renewal", { clock });
  const first = await ensurePki(given);
  await clock.advance(240 * DAY_MS);
  assert.deepEqual((await ensurePki(given)).written, []);
  await clock.advance(5 * DAY_MS);
  const renewed = await ensurePki(given);
  assert.equal(renewed.written.length, 20);
  assert.equal(renewed.authority.certificate, first.authority.certificate);
  assert.notEqual(renewed.admin.certificate, first.admin.certificate);
  await clock.advance(2300 * DAY_MS);
  const later = await ensurePki(given);
  assert.notEqual(later.authority.certificate, first.authority.certificate);
  assert.equal(later.authority.key, first.authority.key);
  assert.ok(new X509Certificate(first.admin.certificate).verify(createPublicKey(later.authority.certificate)));
});

test("only what no longer fits is made anew", async () => {
  const cases: { name: string; change?: (directory: string) => void; over?: Partial<PkiOptions>; files: string[] }[] = [
    { name: "lost key", change: (at) => unlinkSync(join(at, "admin.key")), files: ["admin.key", "admin.crt"] },
    {
      name: "broken",
      change: (at) => writeFileSync(join(at, "scheduler.crt"), "?"),
      files: ["scheduler.key", "scheduler.crt"],
    },
    { name: "lost sa.pub", change: (at) => unlinkSync(join(at, "sa.pub")), files: ["sa.pub"] },
    {
      name: "new address",
      over: { addresses: ["192.0.2.8"] },
      files: ["apiserver.key", "apiserver.crt", "kubelet.key", "kubelet.crt"],
    },
    {
      name: "foreign leaf",
      change: (at) => writeFileSync(join(at, "admin.crt"), readFileSync(join(at, "super-admin.crt"))),
      files: ["admin.key", "admin.crt"],
    },
  ];
  for (const { name, change, over, files } of cases) {
    const given = options(name);
    await ensurePki(given);
    change?.(given.directory);
    const { written } = await ensurePki({ ...given, ...over });
    assert.deepEqual(
      written,
      files.map((file) => join(given.directory, file)),
      name,
    );
  }
});

test("damage to what cannot be made again is an error that names the file", async () => {
  const given = options("damage");
  await ensurePki(given);
  const otherKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
    type: "sec1",
    format: "pem",
  });
  const keyFile = join(given.directory, "ca.key");
  const key = readFileSync(keyFile);
  writeFileSync(keyFile, otherKey);
  await assert.rejects(ensurePki(given), /ca\.crt and .*ca\.key do not belong together/);
  writeFileSync(keyFile, "nonsense");
  await assert.rejects(ensurePki(given), /ca\.key cannot be read as PEM/);
  unlinkSync(keyFile);
  assert.deepEqual((await ensurePki(given)).written, [], "an authority whose key is kept elsewhere is fine");
  unlinkSync(join(given.directory, "admin.crt"));
  await assert.rejects(ensurePki(given), /admin\.crt must be issued, but .*ca\.key is missing/);
  writeFileSync(keyFile, key);
  assert.equal((await ensurePki(given)).written.length, 2);
});

test("an RSA authority of another tool can sign, and its name is kept byte for byte", async () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const given = options("rsa");
  const { authority } = await ensurePki(given);
  const lifetime = { notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2056, 0, 1) };
  const subject = { commonName: "elsewhere", organizations: ["a, b", 'c"d'] };
  const own = { subject, publicKey: rsa.publicKey, usage: "authority", ...lifetime } as const;
  const authorityPem = issueCertificate(own, { key: rsa.privateKey }, systemRandom);
  const parent = new X509Certificate(authorityPem);
  const request = {
    subject: { commonName: "leaf" },
    usage: "client",
    publicKey: createPublicKey(authority.key),
  } as const;
  const issuer = { key: rsa.privateKey, certificate: parent.raw };
  const leaf = new X509Certificate(issueCertificate({ ...request, ...lifetime }, issuer, systemRandom));
  assert.ok(leaf.checkIssued(parent));
  assert.ok(leaf.verify(rsa.publicKey));
  assert.equal(leaf.issuer, parent.subject);
  assert.equal(new Date(leaf.validTo).getUTCFullYear(), 2056);
});

test("the service account key pair signs and verifies", async () => {
  const { serviceAccount } = await ensurePki(options("service-account"));
  const signature = sign("sha256", Buffer.from("text"), serviceAccount.privateKey);
  assert.ok(verify("sha256", Buffer.from("text"), serviceAccount.publicKey, signature));
});
