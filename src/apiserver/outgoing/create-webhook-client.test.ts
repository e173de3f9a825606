import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { endpointSlices, services } from "../../api/generated/resources.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { MemoryReader } from "../testing/memory-reader.ts";
import { selfSigned } from "../testing/self-signed.ts";
import { startWebhookServer, type WebhookServer } from "../testing/webhook-server.ts";
import { createWebhookClient } from "./create-webhook-client.ts";
import { WebhookCallError, type WebhookClient, type WebhookEndpoint } from "./webhook-client.ts";

const answer = { body: { kind: "AdmissionReview" } };
let hook: WebhookServer;
let client: WebhookClient;
let clock: VirtualClock;
let reader: MemoryReader;

before(async () => {
  hook = await startWebhookServer(() => answer, { dns: ["hook.tools.svc"], addresses: ["127.0.0.1"] });
});
after(() => hook.close());
beforeEach(async () => {
  await client?.close();
  clock = new VirtualClock();
  reader = new MemoryReader();
  client = createWebhookClient({ reader, clock, random: seededRandom(1) });
  hook.calls.length = 0;
  hook.respond = () => answer;
});
after(() => client.close());

const endpoint = (more: Partial<WebhookEndpoint> = {}): WebhookEndpoint => ({
  url: `${hook.url}/check`,
  authorities: hook.authorities,
  ...more,
});
const call = (to: WebhookEndpoint, timeoutMs = 10_000, signal?: AbortSignal) =>
  client.call(to, { kind: "AdmissionReview" }, { timeoutMs, signal });
const fails = (message: RegExp) => (error: unknown) => {
  assert.match((error as Error).message, message);
  return error instanceof WebhookCallError;
};

test("a call posts JSON and answers what came, whatever its code", async () => {
  assert.deepEqual(await call(endpoint({ bearerToken: "secret" })), { code: 200, body: answer.body });
  const [received] = hook.calls;
  assert.equal(received?.path, "/check?timeout=10s");
  assert.equal(received?.headers.authorization, "Bearer secret");
  assert.deepEqual(received?.body, { kind: "AdmissionReview" });
  hook.respond = () => ({ code: 500, body: "broken <b>" });
  assert.deepEqual(await call(endpoint()), { code: 500, body: "broken <b>" });
});

test("one connection serves calls that follow each other", async () => {
  for (let count = 0; count < 3; count++) await call(endpoint());
  assert.deepEqual(new Set(hook.calls.map((each) => each.connection)).size, 1);
});

test("a service is asked at a ready endpoint, under the service's name", async () => {
  const to = { service: { namespace: "tools", name: "hook", path: "/x", port: 8443 }, authorities: hook.authorities };
  await assert.rejects(
    call(to),
    fails(/^Post "https:\/\/hook\.tools\.svc:8443\/x\?timeout=10s": service "hook" not found$/),
  );
  reader.put(services, {
    metadata: { name: "hook", namespace: "tools" },
    spec: { ports: [{ name: "https", port: 8443, targetPort: 9443 }] },
  });
  await assert.rejects(call(to), fails(/: no endpoints available for service "hook"$/));
  const other = { ...to, service: { ...to.service, port: 1 } };
  await assert.rejects(call(other), fails(/: no service port 1 found for service "hook"$/));
  reader.put(endpointSlices, {
    metadata: { name: "hook-1", namespace: "tools", labels: { "kubernetes.io/service-name": "hook" } },
    addressType: "IPv4",
    ports: [{ name: "https", port: hook.port }],
    endpoints: [
      { addresses: ["192.0.2.1"], conditions: { ready: false } },
      { addresses: ["127.0.0.1"], conditions: { ready: true } },
    ],
  });
  assert.equal((await call(to)).code, 200);
  assert.equal(hook.calls[0]?.headers.host, "hook.tools.svc:8443");
  const named = { ...to, service: { namespace: "tools", name: "hook" } };
  await assert.rejects(
    call(named),
    fails(/^Post "https:\/\/hook\.tools\.svc:443\/\?timeout=10s": no service port 443/),
  );
});

test("a certificate must come from the named authority and be for the name", async () => {
  const stranger = await selfSigned();
  await assert.rejects(
    call(endpoint({ authorities: stranger.cert })),
    fails(/: tls: failed to verify certificate: x509: certificate signed by unknown authority$/),
  );
  await assert.rejects(
    call(endpoint({ url: `https://localhost:${hook.port}/check` })),
    fails(/: tls: failed to verify certificate: x509: certificate is valid for hook\.tools\.svc, not localhost$/),
  );
  assert.equal((await call(endpoint({ authorities: stranger.cert, insecureSkipVerify: true }))).code, 200);
  await assert.rejects(call(endpoint({ authorities: "garbage" })), WebhookCallError);
});

test("a bundle may hold the server's own certificate, whoever issued it", async () => {
  const issued = await startWebhookServer(() => answer, { addresses: ["127.0.0.1"], byAnother: true });
  try {
    assert.equal((await call({ url: issued.url, authorities: issued.authorities })).code, 200);
    await assert.rejects(
      call({ url: issued.url, authorities: hook.authorities }),
      fails(/: tls: failed to verify certificate: x509: certificate signed by unknown authority$/),
    );
  } finally {
    await issued.close();
  }
});

test("a path is asked as Go's client joins it", async () => {
  for (const path of ["//check", "/a/..//check/", "/./check"]) await call(endpoint({ url: `${hook.url}${path}` }));
  assert.deepEqual(
    hook.calls.map((each) => each.path),
    ["/check?timeout=10s", "/check?timeout=10s", "/check?timeout=10s"],
  );
});

test("a hook that never answers ends with the deadline", async () => {
  hook.respond = () => undefined;
  const calling = assert.rejects(
    call(endpoint(), 2000),
    (error: unknown) =>
      fails(/^Post "https:\/\/127\.0\.0\.1:\d+\/check\?timeout=2s": context deadline exceeded$/)(error) &&
      (error as WebhookCallError).isTimeout,
  );
  await hook.received(1);
  await clock.advance(2000);
  await calling;
});

test("a caller that gives up ends the call", async () => {
  hook.respond = () => undefined;
  const giveUp = new AbortController();
  const calling = assert.rejects(call(endpoint(), 10_000, giveUp.signal), fails(/: context canceled$/));
  await hook.received(1);
  giveUp.abort();
  await calling;
});

test("who is not there, speaks no TLS, or answers no JSON is named so", async () => {
  const plain = createServer((socket) => socket.on("error", () => {}).end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
  const { port } = plain.address() as { port: number };
  await assert.rejects(
    call(endpoint({ url: `https://127.0.0.1:${port}/` })),
    fails(/: http: server gave HTTP response to HTTPS client$/),
  );
  plain.close();
  await assert.rejects(
    call(endpoint({ url: `https://127.0.0.1:${port}/` })),
    fails(/: dial tcp 127\.0\.0\.1:\d+: connect: connection refused$/),
  );
  hook.respond = () => ({ body: "<html>" });
  await assert.rejects(call(endpoint()), fails(/: the answer is not JSON: /));
});

test("a connection that the hook has closed meanwhile is no reason to fail", async () => {
  await call(endpoint());
  hook.closeConnections();
  assert.equal((await call(endpoint())).code, 200);
});

test("a closed client refuses", async () => {
  await client.close();
  await assert.rejects(call(endpoint()), fails(/shutting down/));
});

describe("a hook that speaks HTTP/2", () => {
  let modern: WebhookServer;
  before(async () => {
    modern = await startWebhookServer(() => answer, { dns: ["hook.tools.svc"], addresses: ["127.0.0.1"] }, "h2");
  });
  after(() => modern.close());
  beforeEach(() => {
    modern.calls.length = 0;
    modern.respond = () => answer;
  });
  const to = (more: Partial<WebhookEndpoint> = {}): WebhookEndpoint => ({
    url: `${modern.url}/check`,
    authorities: modern.authorities,
    ...more,
  });
  const versions = () => new Set(modern.calls.map(({ headers }) => (":authority" in headers ? "2" : "1.1")));
  const connections = () => new Set(modern.calls.map(({ connection }) => connection)).size;

  test("is called in it, all at once over one connection", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(to({ bearerToken: "secret" }))));
    for (const each of answers) assert.deepEqual(each, { code: 200, body: answer.body });
    assert.deepEqual([...versions()], ["2"]);
    assert.equal(connections(), 1);
    const [received] = modern.calls;
    assert.equal(received?.path, "/check?timeout=10s");
    assert.equal(received?.headers.authorization, "Bearer secret");
    assert.equal(received?.headers[":authority"], `127.0.0.1:${modern.port}`);
    assert.deepEqual(received?.body, { kind: "AdmissionReview" });
  });

  test("behind a Service is called in HTTP/1.1, so that calls spread over its endpoints", async () => {
    reader.put(services, { metadata: { name: "hook", namespace: "tools" }, spec: { ports: [{ port: 443 }] } });
    reader.put(endpointSlices, {
      metadata: { name: "hook-1", namespace: "tools", labels: { "kubernetes.io/service-name": "hook" } },
      addressType: "IPv4",
      ports: [{ name: "", port: modern.port }],
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    });
    const service = { service: { namespace: "tools", name: "hook" }, authorities: modern.authorities };
    let arrived = 0;
    const together = Promise.withResolvers<void>();
    modern.respond = async () => {
      if (++arrived === 10) together.resolve();
      await together.promise;
      return answer;
    };
    await Promise.all(Array.from({ length: 10 }, () => call(service)));
    assert.deepEqual([...versions()], ["1.1"]);
    assert.equal(connections(), 10);
  });

  test("may have closed the connection meanwhile", async () => {
    await call(to());
    modern.closeConnections();
    assert.equal((await call(to())).code, 200);
    assert.equal(connections(), 2);
  });

  test("must have a certificate for its name, from the named authority", async () => {
    await assert.rejects(
      call(to({ url: `https://localhost:${modern.port}/check` })),
      fails(/: tls: failed to verify certificate: x509: certificate is valid for hook\.tools\.svc, not localhost$/),
    );
    await assert.rejects(call(to({ authorities: hook.authorities })), fails(/signed by unknown authority$/));
  });

  test("ends with the deadline, and leaves the connection to others", async () => {
    modern.respond = ({ path }) => (path.includes("timeout=2s") ? undefined : answer);
    const calling = assert.rejects(
      call(to(), 2000),
      (error: unknown) => fails(/: context deadline exceeded$/)(error) && (error as WebhookCallError).isTimeout,
    );
    await modern.received(1);
    await clock.advance(2000);
    await calling;
    assert.equal((await call(to())).code, 200);
    assert.equal(connections(), 1);
  });

  test("may answer with an error, and with too little", async () => {
    modern.respond = () => ({ code: 500, body: "broken <b>" });
    assert.deepEqual(await call(to()), { code: 500, body: "broken <b>" });
    modern.respond = () => {
      modern.closeConnections();
      return undefined;
    };
    await assert.rejects(call(to()), WebhookCallError);
  });
});

test("what a server speaks is learned on a connection that is used", async () => {
  await Promise.all([call(endpoint()), call(endpoint())]);
  await call(endpoint());
  const connections = new Set(hook.calls.map(({ connection }) => connection));
  assert.ok(connections.size <= 2, `${connections.size} connections`);
});

test("a hook without TLS is called by a URL that says so", async () => {
  const plain = await startWebhookServer(() => answer, {}, "http");
  try {
    const to = { url: `${plain.url}/check`, bearerToken: "secret" };
    for (let count = 0; count < 2; count++) assert.equal((await call(to)).code, 200);
    assert.equal(plain.calls[0]?.headers.authorization, "Bearer secret");
    assert.equal(new Set(plain.calls.map(({ connection }) => connection)).size, 1);
    await plain.close();
    await assert.rejects(
      call(to),
      fails(/^Post "http:\/\/127\.0\.0\.1:\d+\/check\?timeout=10s": dial tcp .* refused$/),
    );
  } finally {
    await plain.close();
  }
});
