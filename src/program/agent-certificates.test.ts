import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { configMaps, namespaces } from "../api/generated/resources.ts";
import { createEdge, type Edge } from "../apiserver/http/edge.ts";
import { startMemoryServer } from "../apiserver/testing/memory-server.ts";
import { silentLogger } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { reconcileDefaults } from "../bootstrap/defaults/reconcile-defaults.ts";
import { writeKubeconfig } from "../bootstrap/kubeconfig.ts";
import { ensurePki, type Pki, type PkiOptions } from "../bootstrap/pki/ensure-pki.ts";
import { writeRotation } from "../bootstrap/pki/rotation.ts";
import { followKubeconfig } from "../client/access-source.ts";
import { createInformerSet } from "../client/informer-set.ts";
import { readKubeconfig } from "../client/kubeconfig.ts";
import { certificateApprover } from "../controllers/certificate-signing/approve.ts";
import { certificateSigner } from "../controllers/certificate-signing/sign.ts";
import { runControllers } from "../controllers/runner.ts";
import { type AgentCertificates, isDue, openAgentCertificates } from "./agent-certificates.ts";
import { authoritySigner } from "./certificate-authority.ts";
import type { KubeletServing } from "./node-kubelet.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const scratch = mkdtempSync(join(tmpdir(), "wherry-agent-certificates-"));
after(() => rmSync(scratch, { recursive: true }));
let count = 0;

describe("the certificates of an agent", () => {
  let clock: VirtualClock;
  let pki: Pki;
  let given: PkiOptions;
  let edge: Edge;
  let server: Awaited<ReturnType<typeof startMemoryServer>>;
  let certificates: AgentCertificates;
  let kubeconfig: string;
  const stopping: (() => unknown)[] = [];

  beforeEach(async () => {
    // TLS goes by the machine's own clock: what is certified some virtual minutes later must hold by it, too.
    clock = new VirtualClock(Date.now() - 15 * 60_000);
    given = {
      ...{ directory: join(scratch, `${count++}`), clock, random: systemRandom },
      ...{ nodeName: "agent", names: [], addresses: [] },
    };
    pki = await ensurePki(given);
    server = await startMemoryServer({ security: { clock, clientAuthority: () => pki.trusted.cluster } });
    edge = createEdge({ handler: server.server.handler, tls: tlsOf(pki), clock, log: silentLogger });
    const port = await edge.listen({ host: "127.0.0.1", port: 0 });
    await reconcileDefaults(server.client, {
      authorities: pki.trusted,
      cluster: {},
      log: silentLogger,
      today: "2026-01-01",
    });
    await publish();
    startSigning();
    kubeconfig = join(scratch, `kubeconfig-${count}`);
    const url = `https://127.0.0.1:${port}`;
    writeKubeconfig(kubeconfig, {
      ...{ server: url, certificateAuthority: pki.authority.certificate, user: "node", credentials: pki.kubeletClient },
    });
    const environment = { clock, random: systemRandom, log: silentLogger };
    const source = followKubeconfig(kubeconfig, await readKubeconfig(kubeconfig), environment);
    stopping.push(() => source.stop());
    const options = { kubeconfig, nodeName: "agent", address: "127.0.0.1", joinSecret: "none", environment };
    certificates = await passing(openAgentCertificates(source, options));
  });
  afterEach(async () => {
    await certificates.stop({ keepPods: false });
    for (const stop of stopping.splice(0).reverse()) await stop();
    await edge.close();
    await server.close();
  });

  function startSigning(): void {
    const stop = new AbortController();
    const sign = authoritySigner(() => ({ ...pki.authority, trusted: pki.trusted.cluster }), {
      clock,
      random: systemRandom,
    });
    const informers = createInformerSet({ client: server.client, clock, random: systemRandom, log: silentLogger });
    const events = { event() {} };
    const shared = { client: server.client, informers, events, clock, random: systemRandom, log: silentLogger };
    const running = runControllers({
      factories: { approve: certificateApprover, sign: certificateSigner(sign) },
      dependenciesFor: () => shared,
      signal: stop.signal,
      log: silentLogger,
    });
    stopping.push(async () => {
      stop.abort();
      await running.stopped;
      await informers.stop();
    });
  }

  async function publish(): Promise<void> {
    const name = { name: "kube-root-ca.crt", namespace: "kube-public" };
    const data = { "ca.crt": pki.trusted.cluster };
    await server.client.get(namespaces, { name: "kube-public" });
    const there = await server.client.get(configMaps, name).catch(() => undefined);
    if (there === undefined) await server.client.create(configMaps, { metadata: name, data });
    else await server.client.update(configMaps, { ...there, data });
  }

  /** Lets time pass while work goes on over a real socket. */
  async function passing<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    for (let tries = 0; !isDone && tries < 2000; tries++) {
      await clock.advance(5);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return done;
  }

  test("a serving certificate is asked for at the start, as the node", () => {
    const { serving, clientAuthority } = certificates.serving();
    const leaf = new X509Certificate(serving.certificate);
    assert.equal(leaf.subject, "O=system:nodes\nCN=system:node:agent");
    assert.ok(leaf.checkIP("127.0.0.1"));
    assert.equal(clientAuthority, pki.authority.certificate);
  });

  test("when authorities are exchanged, all is renewed, and the old one is forgotten with its end", async () => {
    const seen: KubeletServing[] = [];
    certificates.onChange((serving) => void seen.push(serving));
    writeRotation(given.directory, { phase: "begin", since: new Date(clock.now()).toISOString() });
    pki = await ensurePki(given);
    edge.setTls(tlsOf(pki));
    await publish();
    await clock.advance(5 * 60_000);
    await passing(
      (async () => {
        while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
      })(),
    );
    const current = new X509Certificate(pki.authority.certificate).publicKey;
    assert.equal(seen[0]!.clientAuthority, pki.trusted.cluster);
    assert.ok(new X509Certificate(seen[0]!.serving.certificate).verify(current));
    const access = await readKubeconfig(kubeconfig);
    assert.equal(access.certificateAuthority, pki.trusted.cluster);
    assert.ok(new X509Certificate(access.clientCertificate!).verify(current));
  });
});

test("a certificate is due by its age, and when another authority signs", async () => {
  const clock = new VirtualClock();
  const options = { clock, random: systemRandom, nodeName: "boat", names: [], addresses: [] };
  const one = await ensurePki({ ...options, directory: join(scratch, "due-one") });
  const two = await ensurePki({ ...options, directory: join(scratch, "due-two") });
  const leaf = one.kubeletClient.certificate;
  const at = (days: number, authority = one.authority.certificate): boolean =>
    isDue(leaf, { fraction: 0.8, authority, nowMs: clock.now() + days * DAY_MS });
  assert.deepEqual([at(-1), at(0), at(290), at(293), at(3650)], [true, false, false, true, true]);
  assert.equal(at(0, two.authority.certificate), true);
  assert.equal(at(0, one.authority.certificate + two.authority.certificate), false);
});

function tlsOf(pki: Pki) {
  return { key: pki.apiServer.key, cert: pki.apiServer.certificate, clientCa: pki.trusted.cluster };
}
