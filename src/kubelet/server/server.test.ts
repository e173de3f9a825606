import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { after, before, test } from "node:test";
import { badRequest, failure } from "../../api/status.ts";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { createTestAuthority, type TestPair } from "../../base/testing/certificates.ts";
import { Client } from "../../client/client.ts";
import type { Transport, TransportRequest } from "../../client/transport.ts";
import type { KubeletApi } from "./kubelet-api.ts";
import { type KubeletServer, startKubeletServer } from "./server.ts";

const directory = await mkdtemp(join(tmpdir(), "wherry-kubelet-server-"));
const logPath = join(directory, "0.log");
const authority = createTestAuthority();
const strangers = createTestAuthority();
const reviews: string[] = [];
let server: KubeletServer;
let streaming: Server;
let apiserver: TestPair;
let nobody: TestPair;
let forged: TestPair;
let endContainer = (): void => {};
const asked: unknown[] = [];

/** The API server's two reviews, by a rule that a test can see through: user `apiserver` and token `good` may do all. */
const transport: Transport = {
  async request(request: TransportRequest) {
    const { spec } = request.body as {
      spec: { token?: string; user?: string; resourceAttributes?: { subresource: string } };
    };
    reviews.push(request.path.split("/").at(-1) ?? "");
    if (spec.token !== undefined) {
      return {
        status:
          spec.token === "good" ? { authenticated: true, user: { username: "tokened" } } : { authenticated: false },
      } as object;
    }
    const metrics = spec.user === "reader" && spec.resourceAttributes?.subresource === "pods";
    return { status: { allowed: spec.user === "apiserver" || spec.user === "tokened" || metrics } } as object;
  },
  watch: () => assert.fail("no watches here"),
  text: () => assert.fail("no texts here"),
  close: async () => {},
};

const kubelet: KubeletApi = {
  nodeName: "n",
  pods: () => [{ metadata: { name: "web", namespace: "default", uid: "u" } }],
  health: () => [],
  async exec(target, command, streams) {
    asked.push({ target, command, streams });
    if (target.pod === "gone") throw failure(404, "NotFound", 'pods "gone" not found');
    return `http://127.0.0.1:${(streaming.address() as { port: number }).port}/exec/token`;
  },
  attach: () => Promise.reject(badRequest("container web is not running")),
  portForward: () => Promise.reject(new Error("no runtime")),
  run: async () => ({ stdout: Buffer.from("out"), stderr: Buffer.from(""), exitCode: 0 }),
  async log(target) {
    if (target.container === "waiting") {
      throw badRequest('container "waiting" in pod "web" is waiting to start: ContainerCreating');
    }
    const exited = new Promise<void>((resolve) => {
      endContainer = resolve;
    });
    return { path: logPath, containerId: "c", running: true, exited };
  },
  containerStats: async () => [
    {
      id: "c",
      labels: { "io.kubernetes.pod.uid": "u", "io.kubernetes.container.name": "web" },
      cpu: { timestampMs: 0, usageCoreNanoSeconds: 7 },
    },
  ],
  imageFilesystems: async () => [],
};

before(async () => {
  streaming = createServer((request, response) => response.writeHead(410).end(`gone ${request.method}`));
  streaming.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    if (request.headers["x-refuse"] !== undefined) {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
      return;
    }
    const version = request.headers["x-stream-protocol-version"];
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${version}\r\n\r\nhello `,
    );
    socket.on("data", (chunk) => socket.write(String(chunk).toUpperCase()));
    socket.on("end", () => socket.end());
  });
  streaming.listen(0, "127.0.0.1");
  await once(streaming, "listening");
  apiserver = authority.issue("apiserver", "group");
  nobody = authority.issue("reader");
  forged = strangers.issue("apiserver");
  const { key, cert } = authority.issue("node");
  server = await startKubeletServer({
    kubelet: () => kubelet,
    nodeName: "n",
    client: new Client(transport),
    tls: { key, cert, clientCa: authority.ca },
    host: "127.0.0.1",
    ports: [0],
    clock: systemClock,
    log: silentLogger,
    nodeLogs: { directory, query: false },
  });
});

after(async () => {
  await server.close();
  streaming.closeAllConnections();
  streaming.close();
  await rm(directory, { recursive: true });
});

interface Asking {
  identity?: TestPair | undefined;
  method?: string;
  headers?: Record<string, string>;
}

function open(path: string, { identity = apiserver, method = "GET", headers = {} }: Asking = {}) {
  return httpsRequest({
    host: "127.0.0.1",
    port: server.port,
    path,
    method,
    headers,
    ca: authority.ca,
    ...identity,
    agent: false,
  });
}

async function ask(path: string, asking: Asking = {}): Promise<{ code: number; text: string }> {
  const request = open(path, asking).end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += chunk;
  return { code: response.statusCode ?? 0, text };
}

test("who calls, and may they", async () => {
  assert.deepEqual(await ask("/healthz"), { code: 200, text: "ok" });
  const noOne = { key: undefined, cert: undefined } as unknown as TestPair;
  assert.equal((await ask("/pods", { identity: noOne })).code, 401);
  assert.equal((await ask("/pods", { identity: forged })).code, 401);
  assert.equal((await ask("/pods", { identity: nobody })).code, 200);
  assert.deepEqual(await ask("/containerLogs/default/web/web", { identity: nobody }), {
    code: 403,
    text: "Forbidden (user=reader, verb=get, resource=nodes, subresource(s)=[proxy])",
  });
  assert.deepEqual(await ask("/logs/messages", { identity: nobody }), {
    code: 403,
    text: "Forbidden (user=reader, verb=get, resource=nodes, subresource(s)=[log])",
  });
  const bearer = (token: string): Asking => ({ identity: noOne, headers: { authorization: `Bearer ${token}` } });
  assert.equal((await ask("/pods", bearer("good"))).code, 200);
  assert.equal((await ask("/pods", bearer("bad"))).code, 401);
  const before = reviews.length;
  assert.equal((await ask("/pods", bearer("good"))).code, 200);
  assert.equal((await ask("/healthz")).code, 200);
  assert.equal(reviews.length, before, "answers are kept");
});

test("pods, stats, run, and what is not there", async () => {
  assert.deepEqual(JSON.parse((await ask("/pods")).text), {
    kind: "PodList",
    apiVersion: "v1",
    metadata: {},
    items: [{ metadata: { name: "web", namespace: "default", uid: "u" } }],
  });
  const summary = JSON.parse((await ask("/stats/summary")).text) as {
    pods: { cpu: { usageCoreNanoSeconds: number } }[];
  };
  assert.equal(summary.pods[0]?.cpu.usageCoreNanoSeconds, 7);
  await writeFile(join(directory, "messages"), "hello");
  assert.match((await ask("/logs/")).text, /^<!doctype html>/);
  assert.deepEqual(await ask("/logs/messages"), { code: 200, text: "hello" });
  assert.equal((await ask("/logs/none")).code, 404);
  assert.deepEqual(await ask("/run/default/web/web?cmd=ls", { method: "POST" }), { code: 200, text: "out" });
  assert.equal((await ask("/configz")).code, 404);
  assert.equal((await ask("/%zz")).code, 400);
  assert.equal((await ask("/exec/default/web/web?output=1", { method: "POST" })).code, 400);
});

test("a command may be long", async () => {
  const command = encodeURIComponent("x".repeat(60_000));
  const answer = await ask(`/exec/default/web/web?output=1&command=${command}`, { method: "POST" });
  assert.deepEqual(
    [answer.code, answer.text],
    [400, (await ask("/exec/default/web/web?output=1", { method: "POST" })).text],
  );
});

test("a log is followed while it is written, and ends with the container", async () => {
  await writeFile(logPath, "2026-11-21T09:00:00Z stdout F one\n");
  const request = open("/containerLogs/default/web/web?follow=true").end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.setEncoding("utf8");
  assert.deepEqual(await once(response, "data"), ["one\n"]);
  await appendFile(logPath, "2026-11-21T09:00:01Z stdout F two\n");
  assert.deepEqual(await once(response, "data"), ["two\n"]);
  endContainer();
  await once(response, "end");
});

test("a container without a log says why", async () => {
  assert.deepEqual(await ask("/containerLogs/default/web/waiting"), {
    code: 400,
    text: 'container "waiting" in pod "web" is waiting to start: ContainerCreating',
  });
});

const upgrade = { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": "v4.channel.k8s.io" };

test("a stream is handed on to the runtime, both ways", async () => {
  const path = "/exec/default/web/uid-1/nginx?command=ls&command=-l&input=1&output=1&error=1&tty=1";
  const request = open(path, { method: "POST", headers: upgrade }).end();
  const [response, socket, head] = (await once(request, "upgrade")) as [IncomingMessage, Duplex, Buffer];
  assert.equal(response.headers["x-stream-protocol-version"], "v4.channel.k8s.io");
  let text = head.toString();
  socket.on("data", (chunk) => {
    text += chunk;
  });
  while (!text.endsWith("hello ")) await once(socket, "data");
  socket.write("abc");
  while (!text.endsWith("ABC")) await once(socket, "data");
  socket.end();
  await once(socket, "close");
  assert.deepEqual(asked.at(-1), {
    target: { namespace: "default", pod: "web", uid: "uid-1", container: "nginx" },
    command: ["ls", "-l"],
    streams: { tty: true, stdin: true, stdout: true, stderr: false },
  });
});

test("refusals reach the client: of the kubelet, and of the runtime", async () => {
  const cases: [path: string, headers: Record<string, string>, code: number, text: string][] = [
    ["/exec/default/gone/web?output=1", {}, 404, 'pods "gone" not found'],
    ["/attach/default/web/web?output=1", {}, 400, "container web is not running"],
    ["/exec/default/web/web", {}, 400, "you must specify at least 1 of stdin, stdout, stderr"],
    ["/portForward/default/web", {}, 500, "Internal error occurred: no runtime"],
    ["/exec/default/web/web?output=1", { "x-refuse": "1" }, 403, "no"],
    ["/nothing/here", {}, 404, "404 page not found"],
  ];
  for (const [path, headers, code, text] of cases) {
    assert.deepEqual(await ask(path, { method: "POST", headers: { ...upgrade, ...headers } }), { code, text }, path);
  }
});
