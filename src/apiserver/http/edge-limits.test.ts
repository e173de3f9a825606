import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { type Exchange, textAnswer } from "../exchange.ts";
import { selfSigned } from "../testing/self-signed.ts";
import { createEdge, type Edge, type EdgeOptions } from "./edge.ts";

let tls: EdgeOptions["tls"];
let edge: Edge;
let port: number;
const LARGE = "x".repeat(1024 * 1024);
const waiting: { exchange: Exchange; answer(): void }[] = [];

before(async () => {
  const pair = await selfSigned();
  tls = { ...pair, clientCa: pair.cert };
  edge = start({ headersMs: 200, checkMs: 50, idleMs: 200, resetBurst: 20, resetsPerSecond: 1, streams: 50 });
  port = await edge.listen({ host: "127.0.0.1", port: 0 });
});
after(() => edge.close());

/** `/wait` answers when the test says so. */
function start(limits: EdgeOptions["limits"]): Edge {
  return createEdge({
    tls,
    clock: systemClock,
    log: silentLogger,
    ...(limits === undefined ? {} : { limits }),
    async handler(exchange) {
      if (exchange.path === "/wait") {
        await new Promise<void>((resolve) => waiting.push({ exchange, answer: resolve }));
      }
      return textAnswer(exchange.path === "/large" ? LARGE : "ok");
    },
  });
}

async function open(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  return socket;
}

async function openHttp2(to = port): Promise<ClientHttp2Session> {
  const session = connectHttp2(`https://127.0.0.1:${to}`, { rejectUnauthorized: false });
  session.on("error", () => {});
  await once(session, "remoteSettings");
  return session;
}

test("a head that does not come to its end closes the connection", async () => {
  const socket = await open({ ALPNProtocols: ["http/1.1"] });
  socket.write("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ");
  socket.resume();
  await once(socket, "close");
});

test("a connection without a stream is closed in time, one with a stream is not", async () => {
  const idle = await openHttp2();
  const busy = await openHttp2();
  const stream = busy.request({ ":path": "/wait" });
  await once(idle, "close");
  assert.equal(busy.destroyed, false);
  waiting.pop()!.answer();
  stream.resume();
  await once(stream, "close");
  busy.destroy();
});

test("a client that opens and resets streams again and again is sent away", async () => {
  const session = await openHttp2();
  const closed = new Promise((resolve) => session.on("close", resolve));
  for (let number = 0; number < 200 && !session.destroyed; number++) {
    const stream = session.request({ ":path": "/wait" });
    stream.on("error", () => {});
    // Only what has been sent can be reset.
    await new Promise((resolve) => setImmediate(resolve));
    stream.close(constants.NGHTTP2_CANCEL);
  }
  await closed;
  waiting.length = 0;
});

test("a connection is told how many streams it may have", async () => {
  const session = await openHttp2();
  assert.equal(session.remoteSettings.maxConcurrentStreams, 50);
  session.destroy();
});

const refused: [what: string, options: ConnectionOptions][] = [
  ["TLS 1.1", { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }],
  ["a cipher without forward secrecy", { maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256" }],
  ["a cipher with CBC", { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA" }],
];

for (const [what, options] of refused) {
  test(`${what} is refused`, async () => {
    const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    assert.match(String(error.code), /SSL|ECONNRESET/);
  });
}

test("a request carries its peer's address, and can be given up", async () => {
  const session = await openHttp2();
  const stream = session.request({ ":path": "/wait" });
  while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const { exchange, answer } = waiting.pop()!;
  assert.equal(exchange.remoteAddress, "127.0.0.1");
  exchange.giveUp?.();
  assert.equal(exchange.signal.aborted, true);
  answer();
  const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
  assert.equal(headers[":status"], 200);
  assert.equal(headers["x-content-type-options"], "nosniff");
  stream.resume();
  await once(stream, "close");
  session.destroy();
});

test("a server that stops lets requests under way end, and takes no more", async () => {
  const other = start(undefined);
  const otherPort = await other.listen({ host: "127.0.0.1", port: 0 });
  const session = await openHttp2(otherPort);
  const stream = session.request({ ":path": "/wait" });
  while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const toldToGo = once(session, "goaway");
  const stopped = other.close();
  await toldToGo;
  waiting.pop()!.answer();
  const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
  assert.equal(headers[":status"], 200);
  stream.resume();
  await stopped;
});

test("one connection may ask for many long answers at once, and read them when it gets round to it", async () => {
  const generous = start({});
  const session = await openHttp2(await generous.listen({ host: "127.0.0.1", port: 0 }));
  const streams = Array.from({ length: 200 }, () => session.request({ ":path": "/large" }));
  await Promise.all(streams.map((stream) => once(stream, "response")));
  const sizes = await Promise.all(streams.map(async (stream) => (await buffer(stream)).length));
  assert.ok(sizes.every((size) => size === LARGE.length));
  session.close();
  await generous.close();
});
