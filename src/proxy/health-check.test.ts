import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { silentLogger } from "../base/log.ts";
import { createHealthChecks } from "./health-check.ts";
import { serviceFacts, sliceFacts } from "./model.ts";
import { ProxyState } from "./state.ts";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

async function ask(port: number): Promise<{ code: number; body: unknown } | "nobody"> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    return { code: answer.status, body: await answer.json() };
  } catch {
    return "nobody";
  }
}

test("a load balancer learns whether the node has endpoints, until the service goes", async () => {
  const port = await freePort();
  const warnings: string[] = [];
  const checks = createHealthChecks({ ...silentLogger, warn: (message) => warnings.push(message) }, "127.0.0.1");
  await checks.update(new Map([[port, { serviceKey: "default/web", count: 2 }]]));
  const body = { service: { namespace: "default", name: "web" }, localEndpoints: 2, serviceProxyHealthy: true };
  assert.deepEqual(await ask(port), { code: 200, body });
  const second = createHealthChecks({ ...silentLogger, warn: (message) => warnings.push(message) }, "127.0.0.1");
  await second.update(new Map([[port, { serviceKey: "default/web", count: 1 }]]));
  assert.equal(warnings.length, 1);
  await checks.update(new Map([[port, { serviceKey: "default/web", count: 0 }]]));
  assert.deepEqual(await ask(port), { code: 503, body: { ...body, localEndpoints: 0 } });
  await checks.update(new Map());
  assert.equal(await ask(port), "nobody");
  await checks.close();
  await second.close();
});

test("local endpoints are counted once each", () => {
  const service = serviceFacts({
    metadata: { namespace: "default", name: "web" },
    spec: {
      type: "LoadBalancer",
      clusterIP: "10.96.0.20",
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 31_000,
      ports: [
        { name: "a", port: 80 },
        { name: "b", port: 81 },
      ],
    },
  });
  const slice = sliceFacts({
    metadata: { namespace: "default", name: "web-1", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [
      { name: "a", port: 80 },
      { name: "b", port: 81 },
    ],
    endpoints: [
      { addresses: ["10.244.0.5"], nodeName: "n" },
      { addresses: ["10.244.0.6"], nodeName: "n", conditions: { ready: false } },
      { addresses: ["10.244.1.7"], nodeName: "m" },
    ],
  });
  const state = new ProxyState(
    {
      service: () => service,
      slices: () => [slice!],
      hostPortPod: () => undefined,
      node: () => ({ nodeName: "n", zone: "", podCidr: "10.244.0.0/24" }),
    },
    {
      podCidr: "10.244.0.0/24",
      clusterCidr: "10.244.0.0/16",
      podInterface: "b",
      podInterfaces: "b*",
      bridgedTrafficIsSeen: true,
    },
  );
  state.updateService("default/web");
  assert.deepEqual([...state.healthChecks()], [[31_000, { serviceKey: "default/web", count: 1 }]]);
});
