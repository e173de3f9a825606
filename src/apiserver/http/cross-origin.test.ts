import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect } from "node:http2";
import { request } from "node:https";
import { after, before, test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { textAnswer } from "../exchange.ts";
import { selfSigned } from "../testing/self-signed.ts";
import { crossOriginHandler } from "./cross-origin.ts";
import { createEdge, type Edge } from "./edge.ts";

let edge: Edge;
let port: number;

before(async () => {
  const tls = await selfSigned();
  const isAllowed = (origin: string) => /^https:\/\/example\.com(:|$)|\/\/localhost:/.test(origin);
  edge = createEdge({
    tls: { ...tls, clientCa: tls.cert },
    clock: systemClock,
    log: silentLogger,
    handler: crossOriginHandler((exchange) => {
      if (exchange.path === "/fail") throw new Error("broken on purpose");
      return textAnswer(exchange.method);
    }, isAllowed),
  });
  port = await edge.listen({ host: "127.0.0.1", port: 0 });
});
after(() => edge.close());

async function asked(method: string, path: string, origin?: string) {
  const headers = origin === undefined ? {} : { origin };
  const sent = request({ host: "127.0.0.1", port, path, method, headers, rejectUnauthorized: false, agent: false });
  const [response] = (await once(sent.end(), "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += chunk;
  const names = Object.keys(response.headers).filter((name) => name.startsWith("access-control-"));
  return { code: response.statusCode, text, headers: response.headers, names };
}

test("pages of allowed origins may read answers, and errors", async () => {
  const origin = "https://example.com:8443";
  const { code, text, headers } = await asked("GET", "/", origin);
  assert.deepEqual([code, text], [200, "GET"]);
  assert.equal(headers["access-control-allow-origin"], origin);
  assert.equal(headers["access-control-allow-methods"], "POST, GET, OPTIONS, PUT, DELETE, PATCH");
  assert.match(headers["access-control-allow-headers"] ?? "", /^Content-Type, .*Authorization, .*If-Modified-Since$/);
  assert.equal(headers["access-control-expose-headers"], "Date");
  assert.equal(headers["access-control-allow-credentials"], "true");
  const failed = await asked("GET", "/fail", origin);
  assert.deepEqual([failed.code, failed.headers["access-control-allow-origin"]], [500, origin]);
});

test("a browser's question is answered at once, over both protocols", async () => {
  const { code, text, headers, names } = await asked("OPTIONS", "/fail", "http://localhost:3000");
  assert.deepEqual([code, text, names.length], [204, "", 5]);
  assert.equal(headers["content-length"], undefined);
  const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  const stream = session.request({ ":method": "OPTIONS", ":path": "/fail", origin: "http://localhost:3000" });
  const [answered] = (await once(stream, "response")) as [Record<string, string>];
  assert.deepEqual([answered[":status"], answered["access-control-allow-origin"]], [204, "http://localhost:3000"]);
  session.destroy();
});

test("for all others nothing is different", async () => {
  for (const origin of [undefined, "https://example.com.evil.org", "https://example.org"]) {
    const { code, text, names } = await asked("OPTIONS", "/", origin);
    assert.deepEqual([code, text, names], [200, "OPTIONS", []], origin);
  }
});
