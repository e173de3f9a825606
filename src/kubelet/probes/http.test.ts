import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { httpProbe, httpRequest } from "./http.ts";
import { tcpProbe } from "./tcp.ts";

let server: Server;
let port: number;
let lastHeaders: Record<string, unknown> = {};

before(async () => {
  server = createServer((request, response) => {
    lastHeaders = request.headers;
    const path = request.url ?? "/";
    if (path === "/slow") return;
    if (path === "/moved") response.writeHead(302, { location: "/ok" });
    else if (path === "/away") response.writeHead(302, { location: "http://other.example/" });
    else response.writeHead(Number(path.slice(1)) || 200);
    response.end("body");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const probe = (path: string, headers: { name: string; value: string }[] = []) =>
  httpProbe(httpRequest({ path, port, httpHeaders: headers }, { host: "127.0.0.1", port, timeoutMs: 300 }));

for (const [path, success, output] of [
  ["/200", true, "body"],
  ["/399", true, "body"],
  ["/404", false, "HTTP probe failed with statuscode: 404"],
  ["/500", false, "HTTP probe failed with statuscode: 500"],
  ["/moved", true, "body"],
  ["/away", true, "Probe terminated redirects"],
] as const) {
  test(`GET ${path}`, async () => assert.deepEqual(await probe(path), { success, output }));
}

test("a server that does not answer in time has failed", async () => {
  const outcome = await probe("/slow");
  assert.equal(outcome.success, false);
  assert.match(outcome.output, /^Get "http:\/\/127.0.0.1:\d+\/slow": context deadline exceeded/);
});

test("headers can be set and taken away", async () => {
  await probe("/", [
    { name: "X-Custom", value: "1" },
    { name: "user-agent", value: "mine" },
    { name: "Accept", value: "" },
  ]);
  assert.equal(lastHeaders["x-custom"], "1");
  assert.equal(lastHeaders["user-agent"], "mine");
  assert.equal(lastHeaders.accept, undefined);
});

test("a connection is a success for a TCP probe, a refusal is not", async () => {
  assert.equal((await tcpProbe("127.0.0.1", port, 300)).success, true);
  const refused = await tcpProbe("127.0.0.1", 1, 300);
  assert.deepEqual(refused, { success: false, output: "dial tcp 127.0.0.1:1: connect: connection refused" });
});
