import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { loadSchema } from "../../api/schema-data.ts";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { type Answer, type OutgoingEvent, textAnswer, type WatchAnswer } from "../exchange.ts";
import { selfSigned } from "../testing/self-signed.ts";
import { watchEventsOf } from "../testing/watch-events-of.ts";
import { createEdge, type Edge } from "./edge.ts";

const schema = loadSchema().resources.find(({ resource, version }) => resource === "configmaps" && version === "v1");
const WATCH = "/api/v1/namespaces/shop/configmaps?watch=true";
const LOG = "/api/v1/namespaces/shop/pods/web/log?follow=true";

let edge: Edge;
let port: number;
/** Resolves when a watch's source has ended. */
let ended = Promise.withResolvers<void>();

before(async () => {
  const tls = await selfSigned();
  edge = createEdge({
    tls: { ...tls, clientCa: tls.cert },
    clock: systemClock,
    log: silentLogger,
    async handler({ info, query, signal }): Promise<Answer> {
      if (info.subresource === "log") return { kind: "stream", code: 200, headers: {}, chunks: lines() };
      if (query.get("bad") !== null) return textAnswer("too old", { code: 410 });
      const events = watchEventsOf(query.get("stay") === null ? bookmarks(2) : staying(signal));
      return { kind: "watch", resource: { kind: undefined, schema }, events } as unknown as WatchAnswer;
    },
  });
  port = await edge.listen({ host: "127.0.0.1", port: 0 });
});
after(() => edge.close());

async function* bookmarks(count: number): AsyncGenerator<OutgoingEvent[]> {
  yield Array.from({ length: count }, (_, index) => {
    const metadata = { resourceVersion: `${index + 1}` };
    return { type: "BOOKMARK", object: { kind: "ConfigMap", apiVersion: "v1", metadata } };
  });
}

async function* staying(signal: AbortSignal): AsyncGenerator<OutgoingEvent[]> {
  try {
    yield* bookmarks(1);
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    ended.resolve();
  }
}

async function* lines(): AsyncGenerator<Buffer> {
  yield Buffer.from("one\n");
  yield Buffer.from("two\n");
}

function connect(path: string, protocols: string[] = [], accept = "application/json"): WebSocket {
  return new WebSocket(`wss://127.0.0.1:${port}${path}`, protocols, { rejectUnauthorized: false, headers: { accept } });
}

/** All messages until the server closes, text as text. */
async function messages(socket: WebSocket): Promise<(string | Buffer)[]> {
  const got: (string | Buffer)[] = [];
  socket.on("message", (data: Buffer, isBinary) => got.push(isBinary ? data : data.toString()));
  await once(socket, "close");
  return got;
}

test("a watch over a WebSocket is one event a message", async () => {
  const got = await messages(connect(WATCH));
  assert.deepEqual(
    got.map((text) => JSON.parse(String(text)).object.metadata.resourceVersion),
    ["1", "2"],
  );
  assert.ok(got.every((message) => typeof message === "string"));
});

test("in protobuf the messages are bytes, without a length before them", async () => {
  const got = await messages(connect(WATCH, [], "application/vnd.kubernetes.protobuf"));
  assert.equal(got.length, 2);
  // A WatchEvent: field 1, the type.
  assert.deepEqual([...(got[0] as Buffer).subarray(0, 2)], [0x0a, "BOOKMARK".length]);
});

test("a protocol that carries a token is not the one that is chosen", async () => {
  const socket = connect(WATCH, ["base64url.bearer.authorization.k8s.io.eA", "base64.binary.k8s.io"]);
  await messages(socket);
  assert.equal(socket.protocol, "base64.binary.k8s.io");
});

test("a log over a WebSocket is bytes, or base64 for who asks", async () => {
  assert.deepEqual((await messages(connect(LOG))).map(String), ["one\n", "two\n"]);
  const encoded = await messages(connect(LOG, ["base64.binary.k8s.io"]));
  assert.deepEqual(encoded, [Buffer.from("one\n").toString("base64"), Buffer.from("two\n").toString("base64")]);
});

test("who goes away ends the watch", async () => {
  ended = Promise.withResolvers();
  const socket = connect(`${WATCH}&stay=1`);
  await once(socket, "message");
  socket.close();
  await ended.promise;
});

test("what is no stream is told in plain HTTP", async () => {
  const socket = connect(`${WATCH}&bad=1`);
  const [, response] = await once(socket, "unexpected-response");
  assert.equal(response.statusCode, 410);
  response.resume();
  socket.on("error", () => {});
  socket.terminate();
});

test("what wants to become a WebSocket by its headers, and lacks those of one, is refused; others watch as ever", async () => {
  const { request } = await import("node:https");
  const asked = (connection: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const headers = { connection, upgrade: "websocket", accept: "application/json" };
      const sent = request({ host: "127.0.0.1", port, path: WATCH, headers, rejectUnauthorized: false }, (answer) => {
        resolve(answer.statusCode);
        answer.destroy();
      });
      sent.on("error", reject);
      sent.end();
    });
  for (const connection of ["Upgrade", "keep-alive, Upgrade", "upgrade"]) {
    assert.equal(await asked(connection), 400, connection);
  }
  assert.equal(await asked("keep-alive"), 200);
});
