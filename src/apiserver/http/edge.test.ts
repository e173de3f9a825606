import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { request } from "node:https";
import { after, before, test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { type OutgoingEvent, objectAnswer, textAnswer, type WatchAnswer } from "../exchange.ts";
import { selfSigned } from "../testing/self-signed.ts";
import { watchEventsOf } from "../testing/watch-events-of.ts";
import { createEdge, type Edge } from "./edge.ts";

let edge: Edge;
let port: number;
let session: ClientHttp2Session;

before(async () => {
  const tls = await selfSigned();
  edge = createEdge({
    tls: { ...tls, clientCa: tls.cert },
    clock: systemClock,
    log: silentLogger,
    headers: { "x-everywhere": "yes" },
    async handler(exchange) {
      if (exchange.path === "/twice") {
        const [first, second] = await Promise.all([exchange.body.read(), exchange.body.read()]);
        return textAnswer(`${first.toString()} ${second.toString()}`);
      }
      if (exchange.info.verb === "watch") {
        const schema = { group: "", version: "v1", kind: "ConfigMap" };
        return {
          kind: "watch",
          resource: { kind: undefined, schema },
          events: watchEventsOf(failing()),
        } as unknown as WatchAnswer;
      }
      if (exchange.path === "/fail") throw new Error("broken on purpose");
      exchange.warnings.push('say "hello"');
      return objectAnswer({ kind: "Echo", apiVersion: "v1", metadata: { name: exchange.query.get("name") ?? "" } });
    },
  });
  port = await edge.listen({ host: "127.0.0.1", port: 0 });
  session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
});
after(async () => {
  session.close();
  await edge.close();
});

const WATCH = "/api/v1/configmaps?watch=true";

async function* failing(): AsyncGenerator<OutgoingEvent[]> {
  yield [{ type: "BOOKMARK", object: { kind: "ConfigMap", apiVersion: "v1", metadata: { resourceVersion: "1" } } }];
  throw new Error("broken on purpose");
}

interface Got {
  status: number;
  headers: Record<string, unknown>;
  text: string;
}

function overHttp2(path: string, options: { method?: string; body?: string; accept?: string } = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":path": path,
      ":method": options.method ?? "GET",
      ...(options.accept === undefined ? {} : { accept: options.accept }),
    });
    let headers: Record<string, unknown> = {};
    const chunks: Buffer[] = [];
    stream.on("response", (got) => {
      headers = got;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () =>
      resolve({ status: Number(headers[":status"]), headers, text: Buffer.concat(chunks).toString() }),
    );
    stream.on("error", reject);
    stream.end(options.body);
  });
}

function overHttp1(path: string, options: { method?: string; body?: string } = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port, path, method: options.method ?? "GET", rejectUnauthorized: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(options.body);
  });
}

for (const [name, get] of [
  ["HTTP/1.1", overHttp1],
  ["HTTP/2", overHttp2],
] as const) {
  test(`${name}: an object is answered as JSON, with warnings`, async () => {
    const got = await get("/object?name=a%20b");
    assert.equal(got.status, 200);
    assert.equal(got.headers["content-type"], "application/json");
    assert.deepEqual(JSON.parse(got.text), { kind: "Echo", apiVersion: "v1", metadata: { name: "a b" } });
    assert.match(String(got.headers.warning), /^299 - "say \\"hello\\""$/);
  });

  test(`${name}: a body can be read more than once`, async () => {
    assert.equal((await get("/twice", { method: "POST", body: "x" })).text, "x x");
  });

  test(`${name}: what nobody expected is a Status with code 500`, async () => {
    const got = await get("/fail");
    assert.equal(got.status, 500);
    assert.equal((JSON.parse(got.text) as { reason: string }).reason, "InternalError");
  });

  test(`${name}: a path that cannot be decoded is a bad request`, async () => {
    const got = await get("/api/v1/namespaces/%ff/pods");
    assert.equal(got.status, 400);
    assert.equal((JSON.parse(got.text) as { reason: string }).reason, "BadRequest");
  });

  test(`${name}: a body over the limit is refused with 413`, async () => {
    const got = await get("/twice", { method: "POST", body: "x".repeat(3 * 1024 * 1024 + 1) });
    assert.equal(got.status, 413);
  });
}

test("what the server does not have in that form is 406", async () => {
  assert.equal((await overHttp2("/object", { accept: "application/cbor" })).status, 406);
});

test("a watch in a form that the server does not have is refused as anything else is", async () => {
  const { status, text } = await overHttp2(WATCH, { accept: "application/cbor" });
  assert.equal(status, 406);
  assert.equal(JSON.parse(text).reason, "NotAcceptable");
});

test("what every answer is to say is said by answers of any kind", async () => {
  for (const path of ["/", "/fail", "/twice", "/%", "/api/v1/configmaps"]) {
    assert.equal((await overHttp2(path)).headers["x-everywhere"], "yes", path);
  }
});

test("a watch that fails when it has begun is broken off, and that can be seen", async () => {
  const stream = session.request({ ":path": WATCH, accept: "application/json" });
  stream.resume();
  await assert.rejects(once(stream, "end"), /NGHTTP2_INTERNAL_ERROR/);
});
