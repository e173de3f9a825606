import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, request as httpsRequest, type Server } from "node:https";
import type { Duplex } from "node:stream";
import { after, before, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { WebSocket } from "ws";
import { nodes, pods, roleBindings, roles } from "../../api/generated/resources.ts";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { systemRandom } from "../../base/random.ts";
import { dataFrameHeader, FIN, FrameParser, SYN_STREAM } from "../../base/spdy/frames.ts";
import { createTestAuthority } from "../../base/testing/certificates.ts";
import type { Exchange } from "../exchange.ts";
import type { Environment } from "../handlers/environment.ts";
import { createEdge, type Edge } from "../http/edge.ts";
import { requestInfo } from "../request-info.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { connectSubresources } from "./connect.ts";
import { createKubeletClient } from "./kubelet-client.ts";
import { logSubresource } from "./log.ts";

/** A node's server that speaks the wire protocols by hand, so that every byte of ours meets something not ours. */
const authority = createTestAuthority();
const client = authority.issue("admin", "system:masters");
const seen: { url: string; headers: IncomingMessage["headers"] }[] = [];
let behave: (socket: Duplex) => void = () => {};
let memory: MemoryServer;
let edge: Edge;
let port: number;
let node: Server;
const nodeSockets = new Set<Duplex>();

before(async () => {
  const { key, cert } = authority.issue("server");
  node = createServer({ key, cert, ca: authority.ca, requestCert: true, rejectUnauthorized: true });
  node.on("request", (request, response) => {
    seen.push({ url: request.url ?? "", headers: request.headers });
    if (request.url?.includes("/web/waiting")) response.writeHead(400).end("container is waiting to start");
    else if (request.url === "/away") response.writeHead(302, { location: "/there?x=1" }).end();
    else if (request.url?.startsWith("/page")) sendPage(request.url, response);
    else if (request.method === "POST") request.pipe(response.writeHead(201, { "x-own": "yes" }));
    else response.end("a line\n");
  });
  node.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    seen.push({ url: request.url ?? "", headers: request.headers });
    if (request.url?.includes("refused"))
      return void socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\nno pod");
    nodeSockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => nodeSockets.delete(socket));
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n",
    );
    behave(socket);
  });
  node.listen(0, "127.0.0.1");
  await once(node, "listening");
  const kubelet = authority.issue("kube-apiserver-kubelet-client");
  memory = await startMemoryServer({
    security: { clientAuthority: () => authority.ca },
    subresources: connectSubresources({
      tls: () => ({ ...kubelet, ca: authority.ca }),
      reader: () => memory.server.reader,
      random: systemRandom,
      log: silentLogger,
    }),
  });
  edge = createEdge({
    handler: memory.server.handler,
    tls: { key, cert, clientCa: authority.ca },
    clock: systemClock,
    log: silentLogger,
  });
  port = await edge.listen({ host: "127.0.0.1", port: 0 });
  const made = await memory.client.create(nodes, { metadata: { name: "n" } });
  const kubeletEndpoint = { Port: (node.address() as { port: number }).port };
  const addresses = [{ type: "InternalIP", address: "127.0.0.1" }];
  await memory.client.update(
    nodes,
    { ...made, status: { addresses, daemonEndpoints: { kubeletEndpoint } } },
    { subresource: "status" },
  );
  for (const name of ["web", "refused", "unscheduled"]) {
    const containers = [{ name: "main", image: "i" }];
    const spec =
      name === "unscheduled"
        ? { containers }
        : { containers: name === "web" ? [...containers, { name: "waiting", image: "i" }] : containers, nodeName: "n" };
    await memory.client.create(pods, { metadata: { name, namespace: "default" }, spec } as object);
  }
});

after(async () => {
  await edge.close();
  await memory.close();
  node.closeAllConnections();
  for (const socket of nodeSockets) socket.destroy();
  node.close();
});

const POD = "/api/v1/namespaces/default/pods";

async function ask(path: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}) {
  const { method = "GET", headers = {}, body } = options;
  const sent = httpsRequest({
    host: "127.0.0.1",
    port,
    path,
    method,
    headers,
    ca: authority.ca,
    ...client,
    agent: false,
  }).end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return { code: response.statusCode, text: bytes.toString(), bytes, headers: response.headers };
}

test("a log comes from the node, with the options it understands", async () => {
  const { code, text } = await ask(
    `${POD}/web/log?container=main&tailLines=3&follow=true&insecureSkipTLSVerifyBackend=true`,
  );
  assert.deepEqual([code, text], [200, "a line\n"]);
  assert.equal(seen.at(-1)?.url, "/containerLogs/default/web/main?follow=true&tailLines=3");
});

test("a log may come from a node whose certificate nobody knows, when the client says so", async () => {
  const kubelet = authority.issue("kube-apiserver-kubelet-client");
  const trusted = { ...kubelet, ca: createTestAuthority().ca };
  const kubelets = createKubeletClient({ tls: () => trusted, reader: () => memory.server.reader });
  const { get } = logSubresource(kubelets);
  const resource = memory.server.table.find("", "v1", "pods")!;
  const asked = async (query: string) => {
    const info = { ...requestInfo("GET", `${POD}/web/log`, new URLSearchParams()) };
    const exchange = { info, query: new URLSearchParams(query), signal: new AbortController().signal };
    return get!(resource, exchange as Exchange, {} as Environment);
  };
  const unknown =
    /^error trying to reach the node at 127\.0\.0\.1:\d+: tls: failed to verify certificate: x509: certificate signed by unknown authority$/;
  await assert.rejects(asked("container=main"), { message: unknown });
  const answer = await asked("container=main&insecureSkipTLSVerifyBackend=true");
  assert.equal(answer.kind === "stream" && answer.code, 200);
});

test("what is wrong with a log is told as a Status", async () => {
  const status = async (path: string) => {
    const { reason, message, code } = JSON.parse((await ask(path)).text) as {
      reason: string;
      message: string;
      code: number;
    };
    return [code, reason, message];
  };
  assert.deepEqual(await status(`${POD}/web/log?container=waiting`), [
    400,
    "BadRequest",
    "container is waiting to start",
  ]);
  assert.deepEqual(await status(`${POD}/nothing/log`), [404, "NotFound", 'pods "nothing" not found']);
  assert.deepEqual(await status(`${POD}/refused/log?tailLines=-1`), [
    422,
    "Invalid",
    'PodLogOptions "refused" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
  ]);
  assert.deepEqual(await status(`${POD}/unscheduled/exec?command=x&stdout=1`), [
    400,
    "BadRequest",
    "pod unscheduled does not have a host assigned",
  ]);
  for (const plain of ["exec?command=x&stdout=1&container=main", "attach?stdout=1&container=main", "portforward"]) {
    assert.deepEqual(await status(`${POD}/web/${plain}`), [400, "BadRequest", "Upgrade request required"]);
  }
  assert.equal((await ask(`${POD}/unscheduled/log`)).text, "");
});

test("who may only get opens no stream, whatever its request's method", async () => {
  const allow = async (user: string, verbs: string[]) => {
    const rules = [{ apiGroups: [""], resources: ["pods/exec", "pods/attach", "pods/portforward"], verbs }];
    const metadata = { name: user, namespace: "default" };
    await memory.client.create(roles, { metadata, rules });
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: user };
    await memory.client.create(roleBindings, { metadata, roleRef, subjects: [{ kind: "User", name: user }] } as object);
  };
  await allow("looker", ["get"]);
  await allow("doer", ["get", "create"]);
  for (const stream of ["exec?command=x&stdout=1&container=main", "attach?stdout=1&container=main", "portforward"]) {
    const asked = async (user: string) => {
      const { code, text } = await ask(`${POD}/web/${stream}`, { headers: { "impersonate-user": user } });
      return [code, (JSON.parse(text) as { message: string }).message];
    };
    assert.deepEqual(await asked("looker"), [403, 'pods "web" is forbidden: ']);
    assert.deepEqual(await asked("doer"), [400, "Upgrade request required"]);
  }
});

const PAGE = '<p>\u00e9</p><a href="/to?a=1&amp;b">x</a><a href="here">y</a><a href="https://else.where/z">z</a>';

function sendPage(url: string, response: ServerResponse): void {
  const isZipped = url.includes("zipped");
  const type = url.includes("plain") ? "text/plain" : "text/html; charset=utf-8";
  const bytes = isZipped ? gzipSync(PAGE) : Buffer.from(PAGE);
  const padding = Buffer.alloc(url.includes("large") ? 3 * 1024 * 1024 : 0, " ");
  response.setHeader("access-control-allow-origin", "*");
  if (isZipped) response.setHeader("content-encoding", "gzip");
  response.setHeader("content-type", type).setHeader("content-length", bytes.length + padding.length);
  response.write(padding);
  response.end(bytes);
}

test("links of a proxied page lead through the proxy", async () => {
  const page = (path: string) => ask(`/api/v1/nodes/n/proxy/page${path}`);
  const wanted = PAGE.replace("/to?", "/api/v1/nodes/n/proxy/to?");
  const { text, headers } = await page("");
  assert.equal(text, wanted);
  assert.equal(headers["access-control-allow-origin"], undefined, "it opens nothing of the API server's");
  const zipped = await page("/zipped");
  assert.equal(gunzipSync(zipped.bytes).toString(), wanted);
  assert.equal((await page("/plain")).text, PAGE);
  assert.equal((await page("/large")).text.trim(), PAGE, "a page too large to be held stays as it is");
});

test("a proxy hands on method, path, query and body, and takes the client's credentials away", async () => {
  const headers = { authorization: "Bearer x", "x-client": "1" };
  const {
    code,
    text,
    headers: answered,
  } = await ask("/api/v1/nodes/n/proxy/a%20b/?q=1", { method: "POST", body: "body", headers });
  assert.deepEqual([code, text, answered["x-own"]], [201, "body", "yes"]);
  const { url, headers: sent } = seen.at(-1)!;
  assert.deepEqual(
    [url, sent.authorization, sent["x-client"], sent["x-forwarded-uri"]],
    ["/a%20b/?q=1", undefined, "1", "/api/v1/nodes/n/proxy/a%20b/"],
  );
  assert.equal((await ask("/api/v1/nodes/n/proxy/away")).headers.location, "/api/v1/nodes/n/proxy/there?x=1");
  const slashless = await ask("/api/v1/nodes/n/proxy");
  assert.deepEqual([slashless.code, slashless.headers.location], [301, "/api/v1/nodes/n/proxy/"]);
});

function webSocket(path: string, protocol: string): WebSocket {
  return new WebSocket(`wss://127.0.0.1:${port}${path}`, [protocol], { ca: authority.ca, ...client });
}

/** A container at the other end of SPDY: tells what comes in, sends frames by number of stream. */
function container(socket: Duplex) {
  const streams: number[] = [];
  const events: string[] = [];
  const parser = new FrameParser({
    data: (id, chunk) => events.push(`${id}: ${chunk}`),
    end: (id) => events.push(`${id} ends`),
    control: (type, _flags, payload) => {
      if (type === SYN_STREAM) streams.push(payload.readUInt32BE(0));
    },
  });
  socket.on("data", (chunk: Buffer) => parser.push(chunk));
  const send = (id: number, text: string | Buffer, flags = 0): boolean => {
    const bytes = Buffer.from(text);
    socket.write(dataFrameHeader(id, flags, bytes.length));
    return socket.write(bytes);
  };
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await once(socket, "data");
  };
  return { streams, events, send, until };
}

test("v5 is translated: streams in order, input and its end, size, output, result, closure", async () => {
  const begun = new Promise<Duplex>((resolve) => {
    behave = resolve;
  });
  const query = "command=ls&command=-l&stdin=true&stdout=true&stderr=true&container=main";
  const socket = webSocket(`${POD}/web/exec?${query}`, "v5.channel.k8s.io");
  const messages: string[] = [];
  socket.on("message", (data: Buffer) => messages.push(`${data[0]}: ${data.subarray(1)}`));
  const peer = container(await begun);
  await once(socket, "open");
  assert.equal(socket.protocol, "v5.channel.k8s.io");
  socket.send(Buffer.from("\0abc"));
  socket.send(Buffer.from([255, 0]));
  await peer.until(() => peer.events.includes("3 ends"));
  assert.deepEqual(peer.streams, [1, 3, 5, 7]);
  assert.deepEqual(peer.events, ["3: abc", "3 ends"]);
  peer.send(5, "out");
  peer.send(7, "err", FIN);
  peer.send(1, '{"status":"Success"}', FIN);
  peer.send(5, "", FIN);
  const [code] = (await once(socket, "close")) as [number];
  assert.equal(code, 1000);
  assert.deepEqual(messages, [
    "1: out",
    "2: err",
    '3: {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":200}',
  ]);
  assert.equal(seen.at(-1)?.url, "/exec/default/web/main?command=ls&command=-l&input=1&output=1&error=1");
});

test("a client that does not read makes the container wait, and gets everything in the end", async () => {
  const begun = new Promise<Duplex>((resolve) => {
    behave = resolve;
  });
  const socket = webSocket(`${POD}/web/attach?stdout=true&tty=true&container=main`, "v4.channel.k8s.io");
  let received = 0;
  const spdy = await begun;
  const peer = container(spdy);
  await once(socket, "open");
  await peer.until(() => peer.streams.length === 3);
  socket.on("message", (data: Buffer) => {
    if (data[0] === 1) received += data.length - 1;
  });
  socket.pause();
  const chunk = Buffer.alloc(1024 * 1024);
  const sent = 64;
  for (let count = 0; count < sent; count++) peer.send(3, chunk);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(spdy.writableLength > 16 * chunk.length, "most of it waits at its source");
  socket.resume();
  peer.send(3, "", FIN);
  peer.send(1, '{"status":"Success"}', FIN);
  await once(socket, "close");
  assert.equal(received, sent * chunk.length);
});

test("when the client goes, the container's connection ends, and the other way round", async () => {
  for (const leaver of ["client", "container"] as const) {
    const begun = new Promise<Duplex>((resolve) => {
      behave = resolve;
    });
    const socket = webSocket(`${POD}/web/exec?command=x&stdout=true&container=main`, "v5.channel.k8s.io");
    const spdy = await begun;
    let last = "";
    socket.on("message", (data: Buffer) => {
      last = String(data.subarray(1));
    });
    await once(socket, "open");
    const closed = once(leaver === "client" ? spdy.resume() : socket, "close");
    if (leaver === "client") socket.terminate();
    else spdy.destroy();
    await closed;
    if (leaver === "container") assert.match(last, /the connection to the container ended before its result arrived/);
  }
});

test("a refusal of the node reaches clients of both kinds", async () => {
  const socket = webSocket(`${POD}/refused/exec?command=x&stdout=true`, "v5.channel.k8s.io");
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
  assert.equal(response.statusCode, 404);
  socket.on("error", () => {});
  socket.terminate();
  const headers = { connection: "Upgrade", upgrade: "SPDY/3.1" };
  const { text } = await ask(`${POD}/refused/exec?command=x&stdout=true`, { method: "POST", headers });
  assert.equal((JSON.parse(text) as { message: string }).message, "no pod");
});

test("SPDY clients and port-forward tunnels pass as they are", async () => {
  behave = (socket) => void socket.on("data", (chunk) => socket.write(String(chunk).toUpperCase()));
  const headers = { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": "v4.channel.k8s.io" };
  const path = `${POD}/web/exec?command=x&stdout=true&container=main`;
  const sent = httpsRequest({
    host: "127.0.0.1",
    port,
    path,
    method: "POST",
    headers,
    ca: authority.ca,
    ...client,
    agent: false,
  }).end();
  const [response, spdy] = (await once(sent, "upgrade")) as [IncomingMessage, Duplex];
  assert.equal(response.headers["x-stream-protocol-version"], "v4.channel.k8s.io");
  spdy.write("abc");
  assert.equal(String((await once(spdy, "data"))[0]), "ABC");
  spdy.destroy();

  const tunnel = await portForwardTunnel();
  // A masked frame with a mask of zeros, and the server's answer without one (RFC 6455 5.2).
  tunnel.write(Buffer.from([0x82, 0x83, 0, 0, 0, 0, ...Buffer.from("abc")]));
  assert.deepEqual((await once(tunnel, "data"))[0], Buffer.from([0x82, 3, ...Buffer.from("ABC")]));
  assert.equal(seen.at(-1)?.url, "/portForward/default/web?port=80");
  assert.equal(seen.at(-1)?.headers["x-stream-protocol-version"], "portforward.k8s.io");
  const ended = once(tunnel, "data");
  for (const socket of nodeSockets) socket.end();
  assert.equal((await ended)[0][0], 0x88);
  tunnel.destroy();
});

/** By hand: libraries refuse the name of this protocol. */
async function portForwardTunnel(): Promise<Duplex> {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-protocol": "SPDY/3.1+portforward.k8s.io",
  };
  const path = `${POD}/web/portforward?ports=80`;
  const sent = httpsRequest({
    host: "127.0.0.1",
    port,
    path,
    headers,
    ca: authority.ca,
    ...client,
    agent: false,
  }).end();
  const [response, socket] = (await once(sent, "upgrade")) as [IncomingMessage, Duplex];
  assert.equal(response.headers["sec-websocket-protocol"], "SPDY/3.1+portforward.k8s.io");
  return socket;
}
