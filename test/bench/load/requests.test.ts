import assert from "node:assert/strict";
import { once } from "node:events";
import { constants, createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { selfSigned } from "../../../src/apiserver/testing/self-signed.ts";
import type { RequestsJob, Target } from "./job.ts";
import { runRequests } from "./requests.ts";

interface Heard {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const MEGABYTE = 1_000_000;
/** More than both windows, of the stream and of the connection. */
const LARGE = Buffer.alloc(40 * MEGABYTE, "x");

let server: Http2SecureServer;
let target: Target;
let heard: Heard[] = [];
let underWay = 0;
let mostUnderWay = 0;

before(async () => {
  const tls = await selfSigned();
  server = createSecureServer({ ...tls, settings: { maxConcurrentStreams: 20, headerTableSize: 128 } });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    mostUnderWay = Math.max(mostUnderWay, ++underWay);
    stream.on("close", () => underWay--);
    void answer(stream, headers as Record<string, string>);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  target = { url: `https://127.0.0.1:${port}`, certificateAuthority: tls.cert, token: "open-sesame" };
});
after(() => server.close());
beforeEach(() => {
  heard = [];
  underWay = 0;
  mostUnderWay = 0;
});

async function answer(stream: ServerHttp2Stream, headers: Record<string, string>): Promise<void> {
  const path = headers[":path"] ?? "";
  if (path === "/refuse") return stream.close(constants.NGHTTP2_REFUSED_STREAM);
  if (path === "/end") return stream.session?.destroy();
  if (path === "/goaway") return stream.session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  if (path === "/early") {
    stream.respond({ ":status": 413 });
    return void stream.end("too large");
  }
  const body = (await buffer(stream)).toString();
  heard.push({ headers, body });
  if (path === "/slow" && heard.length === 1) await setTimeout(300);
  stream.respond({ ":status": path.startsWith("/missing") ? 404 : 200, "content-type": "text/plain" });
  stream.end(path === "/large" ? LARGE : `${path} of ${body.length}`);
}

function run(job: Partial<RequestsJob>) {
  const defaults: RequestsJob = { kind: "requests", target, connections: 1, senders: 1, requests: [], count: 1 };
  return runRequests({ ...defaults, ...job });
}

test("forms are taken in turn, with their numbers and what belongs to them", async () => {
  const { count, failures } = await run({
    count: 4,
    firstNumber: 10,
    requests: [
      { method: "GET", path: "/pods/pod-{n%3}?limit={n}" },
      {
        method: "PATCH",
        path: "/pods/fixed",
        body: '{"ä":"{n}","b":"{n-10}"}',
        contentType: "application/merge-patch+json",
      },
    ],
  });
  assert.deepEqual([count, failures], [4, 0]);
  const facts = heard.map(({ headers, body }) => [headers[":method"], headers[":path"], headers["content-type"], body]);
  const patch = "application/merge-patch+json";
  assert.deepEqual(facts, [
    ["GET", "/pods/pod-1?limit=10", undefined, ""],
    ["PATCH", "/pods/fixed", patch, '{"ä":"11","b":"1"}'],
    ["GET", "/pods/pod-0?limit=12", undefined, ""],
    ["PATCH", "/pods/fixed", patch, '{"ä":"13","b":"3"}'],
  ]);
  for (const { headers } of heard) {
    assert.equal(headers.authorization, "Bearer open-sesame");
    assert.equal(headers["user-agent"], "wherry-bench");
    assert.equal(headers.accept, "application/json");
    assert.equal(headers[":authority"], new URL(target.url).host);
    assert.equal(headers[":scheme"], "https");
  }
});

test("many senders share connections, and no more is asked at once than the server takes", async () => {
  const requests = [{ method: "POST", path: "/pods/{n}", body: `{"n":{n},"x":"${"y".repeat(3000)}"}` }];
  const result = await run({ connections: 2, senders: 100, count: 1000, requests });
  assert.deepEqual([result.count, result.failures], [1000, 0]);
  assert.ok(mostUnderWay > 20 && mostUnderWay <= 40, `${mostUnderWay} at once`);
  const numbers = heard.map(({ headers, body }) => {
    assert.equal(JSON.parse(body).n, Number(headers[":path"]?.slice("/pods/".length)));
    return JSON.parse(body).n;
  });
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: 1000 }, (_, number) => number),
  );
  assert.ok(result.p50Ms > 0 && result.p50Ms <= result.p99Ms && result.perSecond > 0 && result.cpuMs > 0);
});

test("what is larger than the windows comes and goes", async () => {
  const body = "b".repeat(3 * MEGABYTE);
  await run({ count: 2, senders: 2, requests: [{ method: "POST", path: "/", body }] });
  assert.deepEqual(
    heard.map((each) => each.body.length),
    [body.length, body.length],
  );
  assert.equal((await run({ requests: [{ method: "GET", path: "/large" }] })).failures, 0);
});

test("failures are counted, and the first one's text is told", async () => {
  const requests = ["/there", "/missing/{n}"].map((path) => ({ method: "GET", path }));
  const result = await run({ count: 6, requests });
  assert.equal(result.count, 6);
  assert.equal(result.failures, 3);
  assert.equal(result.firstFailure, "GET /missing/{n}: 404 /missing/1 of 0");
});

test("an answer that comes before the whole body is the answer", async () => {
  const body = "b".repeat(3 * MEGABYTE);
  const result = await run({ count: 3, requests: [{ method: "POST", path: "/early", body }] });
  assert.equal(result.firstFailure, "POST /early: 413 too large");
});

test("the first requests are told apart, the others by their labels", async () => {
  const requests = [
    { method: "GET", path: "/a", labels: ["a", "all"] },
    { method: "GET", path: "/b", labels: ["all"] },
  ];
  const result = await run({ count: 10, requests, apart: { count: 4, label: "warm" } });
  const counts = Object.entries(result.labelled).map(([label, { count }]) => [label, count]);
  assert.deepEqual(Object.fromEntries(counts), { warm: 4, a: 3, all: 6 });
  assert.equal(result.count, 6);
});

test("requests come at their rate, and those that had to wait have their time from when they were due", async () => {
  const begun = performance.now();
  const paced = await run({ count: 21, senders: 5, perSecond: 100, requests: [{ method: "GET", path: "/" }] });
  assert.ok(performance.now() - begun >= 195);
  assert.equal(paced.count, 21);
  heard = [];
  const waited = await run({ count: 11, perSecond: 100, requests: [{ method: "GET", path: "/slow" }] });
  // The last one was due after 100 ms, and the first one's answer came after 300.
  assert.ok(waited.p50Ms >= 200, `${waited.p50Ms} ms`);
});

test("of a pace and a time come as many requests as that makes, however many send", async () => {
  const requests = [{ method: "GET", path: "/", labels: ["all"] }];
  const { labelled } = await run({ count: 1000, durationMs: 200, perSecond: 100, senders: 50, requests });
  assert.equal(labelled.all?.count, 20);
});

test("load ends when its time is over", async () => {
  const result = await run({
    durationMs: 100,
    senders: 3,
    count: Number.MAX_SAFE_INTEGER,
    requests: [{ method: "GET", path: "/" }],
  });
  assert.equal(result.count, heard.length);
  assert.ok(result.count > 3);
});

const BREAKS: readonly [path: string, message: RegExp][] = [
  ["/refuse", /broke the stream off \(RST_STREAM, REFUSED_STREAM\)/],
  ["/goaway", /ended the connection \(GOAWAY, ENHANCE_YOUR_CALM\)/],
  ["/end", /closed|ended/],
];
for (const [path, message] of BREAKS) {
  test(`what a server breaks off is an error: ${path}`, async () => {
    const requests = ["/there", path].map((each) => ({ method: "GET", path: each }));
    await assert.rejects(run({ count: 1000, senders: 4, connections: 2, requests }), message);
  });
}
