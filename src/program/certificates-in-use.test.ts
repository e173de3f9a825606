import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { configMaps } from "../api/generated/resources.ts";
import { silentLogger } from "../base/log.ts";
import { Metrics } from "../base/metrics.ts";
import { systemRandom } from "../base/random.ts";
import { SpanRing } from "../base/trace.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { writeRotation } from "../bootstrap/pki/rotation.ts";
import { Client } from "../client/client.ts";
import { createHttpTransport } from "../client/http-transport.ts";
import { readKubeconfig } from "../client/kubeconfig.ts";
import { type Environment, silentProgress } from "./environment.ts";
import { type OpenedServer, openServer } from "./server.ts";
import { type Started, stopAll } from "./stop.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

describe("a server that runs for years", () => {
  const directory = mkdtempSync(join(tmpdir(), "wherry-years-"));
  const kubeconfig = join(directory, "kubeconfig");
  const started: Started[] = [];
  let jumpedMs = 0;
  const clock = new (class extends VirtualClock {
    /** The wall clock may be ahead of what timers have seen, as on a machine that slept. */
    override now(): number {
      return super.now() + jumpedMs;
    }
  })(Date.now());
  const environment: Environment = {
    ...{ clock, random: systemRandom, log: silentLogger, progress: silentProgress },
    ...{ spans: new SpanRing({ clock, random: systemRandom }), metrics: new Metrics() },
  };
  let server: OpenedServer;
  let session: ClientHttp2Session;

  before(async () => {
    const options = { dataDirectory: directory, kubeconfig, nodeName: "boat", bind: "127.0.0.1", port: 0 };
    server = await openServer(options, { environment, output: { notice: () => {} }, started });
    session = connect(server.url, { ca: server.plane.keys.current().trusted.cluster });
  });
  after(async () => {
    session.destroy();
    await stopAll(started, { keepPods: false }, environment);
    rmSync(directory, { recursive: true, force: true });
  });

  async function sleepFor(days: number): Promise<void> {
    jumpedMs += days * DAY_MS;
    await server.plane.keys.look();
  }

  /** Over the connection that was opened at the start. */
  function stillAnswers(): Promise<number> {
    return new Promise((resolve, reject) => {
      const stream = session.request({ ":path": "/version" });
      stream.on("response", (headers) => resolve(Number(headers[":status"])));
      stream.on("error", reject);
      stream.resume();
    });
  }

  /** What a client that connects now is shown, whatever its own clock says of it. */
  async function shown(serverName?: string): Promise<X509Certificate[]> {
    const socket = await new Promise<TLSSocket>((resolve, reject) => {
      const made = connectTls({
        ...{ host: "127.0.0.1", port: server.plane.port, rejectUnauthorized: false },
        ...(serverName === undefined ? {} : { servername: serverName }),
      });
      made.once("secureConnect", () => resolve(made));
      made.once("error", reject);
    });
    const chain: X509Certificate[] = [];
    for (let one = socket.getPeerX509Certificate(); one !== undefined && chain.length < 5; one = one.issuerCertificate)
      chain.push(one);
    socket.destroy();
    return chain;
  }

  const daysLeft = (certificate: X509Certificate): number => (Date.parse(certificate.validTo) - clock.now()) / DAY_MS;

  test("shows a good certificate in thirteen months, and drops no connection", async () => {
    assert.equal(await stillAnswers(), 200);
    await sleepFor(395);
    const [leaf, authority] = await shown();
    assert.ok(daysLeft(leaf!) > 300);
    assert.equal(authority!.subject, "CN=kubernetes");
    assert.equal(await stillAnswers(), 200);
    const access = await readKubeconfig(kubeconfig);
    assert.ok(daysLeft(new X509Certificate(access.clientCertificate!)) > 300);
    for (const part of ["scheduler", "controller-manager", "kubelet", "proxy"]) {
      const own = await readKubeconfig(join(directory, `${part}.kubeconfig`));
      assert.ok(daysLeft(new X509Certificate(own.clientCertificate!)) > 300, part);
    }
  });

  test("shows a good certificate in ten years", async () => {
    for (let year = 0; year < 9; year++) await sleepFor(365);
    const [leaf, authority] = await shown();
    assert.ok(daysLeft(leaf!) > 200 && daysLeft(authority!) > 900);
    assert.equal(await stillAnswers(), 200);
    const { certificateAuthority } = await readKubeconfig(kubeconfig);
    assert.equal(new X509Certificate(certificateAuthority!).fingerprint256, authority!.fingerprint256);
  });

  test("tells extension API servers of exchanged authorities, and joining machines of the new one", async () => {
    jumpedMs = 0;
    const client = new Client(
      server.plane.server.transport({ user: { name: "admin", groups: ["system:masters"] }, userAgent: "test" }),
    );
    const published = async (): Promise<string> => {
      const name = { namespace: "kube-system", name: "extension-apiserver-authentication" };
      return (await client.get(configMaps, name)).data?.["client-ca-file"] ?? "";
    };
    const { directory: pki } = server.plane.keys.current();
    await server.plane.keys.look();
    writeRotation(pki, { phase: "begin", since: new Date(clock.now()).toISOString() });
    await server.plane.keys.look();
    assert.equal((await published()).split("BEGIN CERTIFICATE").length, 3);
    const own = new X509Certificate(readFileSync(join(pki, "ca.crt")));
    const chain = await shown("authority.cluster.wherry");
    assert.equal(chain.at(-1)!.fingerprint256, own.fingerprint256);
    assert.equal(await stillAnswers(), 200);
  });

  test("lets a transport go on that follows its certificates", async () => {
    const { clientCertificate, clientKey, certificateAuthority } = await readKubeconfig(kubeconfig);
    let current = { clientCertificate, clientKey, certificateAuthority };
    let changed = (): void => {};
    const follow = {
      current: () => current,
      onChange(listener: () => void) {
        changed = listener;
        return () => {};
      },
    };
    const transport = createHttpTransport({ server: server.url, clock, follow });
    assert.match(await transport.text({ method: "GET", path: "/readyz" }), /ok/);
    current = { ...current, certificateAuthority: "" };
    // A connection that is open does not ask again; the next one does.
    assert.match(await transport.text({ method: "GET", path: "/readyz" }), /ok/);
    changed();
    await assert.rejects(transport.text({ method: "GET", path: "/readyz" }), /certificate/);
    current = { ...current, certificateAuthority };
    changed();
    assert.match(await transport.text({ method: "GET", path: "/readyz" }), /ok/);
    await transport.close();
  });
});
