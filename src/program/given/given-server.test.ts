import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect } from "node:tls";
import { configMaps, serviceAccounts } from "../../api/generated/resources.ts";
import { decodeToken, verificationKey } from "../../base/json-web-token.ts";
import { silentLogger } from "../../base/log.ts";
import { Metrics } from "../../base/metrics.ts";
import { systemRandom } from "../../base/random.ts";
import { createTestAuthority, type TestPair } from "../../base/testing/certificates.ts";
import { SpanRing } from "../../base/trace.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { Client } from "../../client/client.ts";
import { createHttpTransport } from "../../client/http-transport.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import { type Environment, silentProgress } from "../environment.ts";
import { type OpenedServer, openServer, type ServerOptions } from "../server.ts";
import { type Started, stopAll } from "../stop.ts";

describe("a server with certificates that were given", () => {
  const directory = mkdtempSync(join(tmpdir(), "wherry-given-"));
  const dataDirectory = join(directory, "cluster");
  const kubeconfig = join(directory, "kubeconfig");
  const clock = new VirtualClock(Date.now());
  const environment: Environment = {
    ...{ clock, random: systemRandom, log: silentLogger, progress: silentProgress },
    ...{ spans: new SpanRing({ clock, random: systemRandom }), metrics: new Metrics() },
  };
  const [company, users, proxies] = [
    createTestAuthority("company"),
    createTestAuthority("users"),
    createTestAuthority("proxies"),
  ];
  const signing = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
  const started: Started[] = [];
  let server: OpenedServer;

  function put(name: string, text: string): string {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  }

  const files = (name: string, { cert, key }: TestPair) => ({
    certificateFile: put(`${name}.crt`, cert),
    keyFile: put(`${name}.key`, key),
  });

  const options: ServerOptions = {
    ...{ dataDirectory, kubeconfig, nodeName: "boat", bind: "127.0.0.1", port: 0 },
    serving: {
      certificate: files("api", company.issueFor("api", ["api.example.com", "localhost"])),
      named: [{ ...files("foo", company.issueFor("foo", ["foo.example.com"])), names: [] }],
      protocol: { minVersion: "TLSv1.3" },
    },
    trust: {
      clientAuthorityFile: put("users.crt", users.ca),
      requestHeaderAuthorityFile: put("proxies.crt", proxies.ca),
    },
    authentication: {
      requestHeader: { allowedNames: ["door"] },
      serviceAccounts: { signingKeyFile: put("sa.key", signing.export({ type: "pkcs8", format: "pem" }) as string) },
    },
  };
  const open = (choices: ServerOptions) => openServer(choices, { environment, output: { notice: () => {} }, started });

  before(async () => void (server = await open(options)));
  after(async () => {
    await stopAll(started, { keepPods: false }, environment);
    rmSync(directory, { recursive: true, force: true });
  });

  async function shown(servername?: string): Promise<string> {
    const { port } = server.plane;
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...(servername && { servername }) });
    await once(socket, "secureConnect");
    const { subject } = socket.getPeerX509Certificate()!;
    socket.destroy();
    return subject;
  }

  /** Whom the server takes one for; undefined when for nobody. */
  async function whoAmI(pair: TestPair, headers: Record<string, string> = {}): Promise<string | undefined> {
    const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const { port } = server.plane;
    const to = { host: "127.0.0.1", port, path, method: "POST", ca: server.plane.keys.current().trusted.cluster };
    const sent = request({
      ...{ ...to, ...pair, agent: false },
      headers: { "content-type": "application/json", ...headers },
    });
    sent.end(JSON.stringify({ kind: "SelfSubjectReview", apiVersion: "authentication.k8s.io/v1" }));
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    let text = "";
    for await (const chunk of response) text += chunk;
    return (JSON.parse(text) as { status: { userInfo?: { username: string } } }).status.userInfo?.username;
  }

  async function published(): Promise<Record<string, string>> {
    const transport = createHttpTransport({ ...(await readKubeconfig(kubeconfig)), clock });
    const name = { namespace: "kube-system", name: "extension-apiserver-authentication" };
    const { data = {} } = await new Client(transport).get(configMaps, name);
    await transport.close();
    return data;
  }

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      if (await isSo()) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.fail("it has not come true");
  }

  test("shows them to names, and its own to its own clients", async () => {
    assert.equal(await shown("api.example.com"), "CN=api");
    assert.equal(await shown("foo.example.com"), "CN=foo");
    assert.equal(await shown("kubernetes.default.svc"), "CN=kube-apiserver");
    assert.equal(await shown(), "CN=kube-apiserver");
  });

  test("speaks no older TLS than it was told", async () => {
    const { port } = server.plane;
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, maxVersion: "TLSv1.2" });
    await assert.rejects(once(socket, "secureConnect"), { code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" });
  });

  test("believes users and proxies of the authorities that were given, each in what it is for", async () => {
    assert.equal(await whoAmI(users.issue("jane")), "jane");
    assert.equal(await whoAmI(proxies.issue("door"), { "x-remote-user": "joe" }), "joe");
    assert.equal(await whoAmI(proxies.issue("other"), { "x-remote-user": "joe" }), undefined);
    assert.equal(await whoAmI(proxies.issue("door")), undefined);
    assert.equal(await whoAmI(users.issue("door"), { "x-remote-user": "joe" }), "door");
    assert.equal(await whoAmI(company.issue("jane")), undefined);
    const below = proxies.intermediate("below");
    const { key, cert } = below.issue("jane");
    assert.equal(await whoAmI({ key, cert: cert + below.ca }), undefined, "of a proxies' intermediate authority");
  });

  test("tells extension API servers of them", async () => {
    const { trusted } = server.plane.keys.current();
    const data = await published();
    assert.equal(data["client-ca-file"], trusted.cluster + users.ca);
    assert.equal(data["requestheader-client-ca-file"], trusted.frontProxy + proxies.ca);
    // By the second name it comes itself.
    assert.equal(data["requestheader-allowed-names"], '["door","front-proxy-client"]');
  });

  test("signs tokens with the key that was given, and takes its own as well", async () => {
    const transport = createHttpTransport({ ...(await readKubeconfig(kubeconfig)), clock });
    const client = new Client(transport);
    await client.create(serviceAccounts, { metadata: { name: "builder", namespace: "default" } });
    const path = "/api/v1/namespaces/default/serviceaccounts/builder/token";
    const body = { kind: "TokenRequest", apiVersion: "authentication.k8s.io/v1", spec: {} };
    const text = await transport.text({ method: "POST", path, body });
    const { token } = (JSON.parse(text) as { status: { token: string } }).status;
    const key = verificationKey(signing.export({ type: "pkcs8", format: "pem" }) as string);
    assert.deepEqual({ ...decodeToken(token)?.header }, { alg: "ES384", kid: key.id });
    const keys = JSON.parse(await transport.text({ method: "GET", path: "/openid/v1/jwks" })) as {
      keys: { kid: string; alg: string }[];
    };
    const own = verificationKey(server.plane.keys.current().serviceAccount.publicKey);
    assert.deepEqual(
      keys.keys.map(({ kid }) => kid),
      [key.id, own.id],
    );
    await transport.close();
  });

  test("follows the files", async () => {
    const early = connectHttp2(server.url, {
      ca: server.plane.keys.current().trusted.cluster,
      ...company.issue("jane"),
    });
    await once(early, "remoteSettings");
    const goneAway = once(early, "goaway");
    const next = company.issueFor("next", ["api.example.com"]);
    put("api.crt", next.cert);
    put("api.key", next.key);
    put("users.crt", company.ca);
    const jane = users.issue("jane");
    await clock.advance(5_000);
    await until(async () => (await shown("api.example.com")) === "CN=next");
    await until(async () => (await whoAmI(jane)) === undefined);
    assert.equal(await whoAmI(company.issue("jane")), "jane");
    // Who came before is asked to come again.
    await goneAway;
    early.destroy();
    const { trusted } = server.plane.keys.current();
    await until(async () => (await published())["client-ca-file"] === trusted.cluster + company.ca);
  });

  test("does not start with what is no good, and makes nothing then", async () => {
    const elsewhere = join(directory, "elsewhere");
    const wrong = { ...options, dataDirectory: elsewhere, trust: { clientAuthorityFile: join(directory, "absent") } };
    await assert.rejects(open(wrong), { message: /^client-ca-file: cannot read \S+absent: / });
    assert.equal(existsSync(elsewhere), false);
  });
});
