import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { configMaps, namespaces } from "../../../src/api/generated/resources.ts";
import { createEdge, type Edge } from "../../../src/apiserver/http/edge.ts";
import { type MemoryServer, startMemoryServer } from "../../../src/apiserver/testing/memory-server.ts";
import { selfSigned } from "../../../src/apiserver/testing/self-signed.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLogger } from "../../../src/base/log.ts";
import type { RequestForm, RequestsJob } from "./job.ts";
import { runRequests } from "./requests.ts";

const TOKEN = "t".repeat(1500);
const PATH = "/api/v1/namespaces/bench/configmaps";

let server: MemoryServer;
let edge: Edge;
let job: Omit<RequestsJob, "requests">;
let onRequest = (): void => {};

before(async () => {
  const user = { name: "load", groups: ["system:masters"] };
  server = await startMemoryServer({ security: { staticTokens: [{ token: TOKEN, user }] } });
  const tls = await selfSigned();
  edge = createEdge({
    handler(exchange) {
      onRequest();
      return server.server.handler(exchange);
    },
    tls: { ...tls, clientCa: tls.cert },
    clock: systemClock,
    log: silentLogger,
  });
  const port = await edge.listen({ host: "127.0.0.1", port: 0 });
  const target = { url: `https://127.0.0.1:${port}`, certificateAuthority: tls.cert, token: TOKEN };
  job = { kind: "requests", target, connections: 2, senders: 16, count: 200 };
  await server.client.create(namespaces, { metadata: { name: "bench" } });
});
after(async () => {
  await edge.close();
  await server.close();
});

test("objects are made, read, changed and deleted by number", async () => {
  const metadata = { name: "map-{n%200}", labels: { number: "{n}" } };
  const body = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { long: "x".repeat(20_000) } });
  const path = `${PATH}/map-{n%200}`;
  const numbersOf = async (): Promise<(string | undefined)[]> => {
    const { items } = await server.client.list(configMaps, { namespace: "bench" });
    const numbered = items.filter(({ metadata }) => metadata?.name?.startsWith("map-"));
    return numbered.map(({ metadata }) => metadata?.labels?.number).toSorted((a, b) => Number(a) - Number(b));
  };
  const run = async (form: RequestForm, firstNumber: number): Promise<void> => {
    const { count, failures, firstFailure } = await runRequests({ ...job, requests: [form], firstNumber });
    assert.deepEqual({ count, failures, firstFailure }, { count: 200, failures: 0, firstFailure: undefined });
  };
  const numbersFrom = (first: number): string[] => Array.from({ length: 200 }, (_, index) => String(first + index));
  await run({ method: "POST", path: PATH, body }, 0);
  assert.deepEqual(await numbersOf(), numbersFrom(0));
  await run({ method: "GET", path }, 0);
  await run({ method: "PUT", path, body }, 1000);
  assert.deepEqual(await numbersOf(), numbersFrom(1000));
  await run({ method: "DELETE", path }, 0);
  assert.deepEqual(await numbersOf(), []);
});

test("what the server refuses is told in its words", async () => {
  const requests = [{ method: "GET", path: `${PATH}/no-such-map` }];
  const { failures, firstFailure } = await runRequests({ ...job, count: 5, requests });
  assert.equal(failures, 5);
  assert.match(firstFailure ?? "", /^GET .*: 404 \{.*configmaps \\"no-such-map\\" not found/);
});

test("a server that stops ends the load", async () => {
  const begun = new Promise<void>((resolve) => {
    onRequest = resolve;
  });
  const requests = [{ method: "GET", path: PATH }];
  const running = runRequests({ ...job, count: Number.MAX_SAFE_INTEGER, requests });
  const ended = assert.rejects(running, /ended the connection|closed/);
  await begun;
  await edge.close();
  await ended;
});
