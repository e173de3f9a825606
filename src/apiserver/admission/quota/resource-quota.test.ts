import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { Pod, ResourceQuota, Service } from "../../../api/generated/core/v1.ts";
import {
  configMaps,
  namespaces,
  persistentVolumeClaims,
  pods,
  resourceQuotas,
  services,
} from "../../../api/generated/resources.ts";
import { StatusError } from "../../../api/status.ts";
import type { Client } from "../../../client/client.ts";
import { type MemoryServer, startMemoryServer } from "../../testing/memory-server.ts";
import { resourceQuota } from "./resource-quota.ts";

let server: MemoryServer;
let client: Client;
let namespace = "";
let count = 0;

before(async () => {
  server = await startMemoryServer({ admission: (dependencies) => [resourceQuota(dependencies)] });
  client = server.client;
});
after(() => server.close());
beforeEach(async () => {
  namespace = `shop-${++count}`;
  await client.create(namespaces, { metadata: { name: namespace } });
});

/** A quota of which the controller has counted that nothing is used. */
async function quota(hard: Record<string, string>, spec: ResourceQuota["spec"] = {}, name = "q"): Promise<void> {
  const made = await client.create(resourceQuotas, { metadata: { name, namespace }, spec: { hard, ...spec } });
  const used = Object.fromEntries(Object.keys(hard).map((key) => [key, "0"]));
  await client.update(resourceQuotas, { ...made, status: { hard, used } }, { subresource: "status" });
}
const used = async (name = "q"): Promise<Record<string, string> | undefined> =>
  (await client.get(resourceQuotas, { namespace, name })).status?.used;
const pod = (name: string, resources: object = {}, spec: object = {}): Pod => ({
  metadata: { name, namespace },
  spec: { containers: [{ name: "a", image: "b", resources }], ...spec },
});
const refused = (message: string) => (error: unknown) => {
  assert.equal((error as Error).message, message);
  return error instanceof StatusError && error.code === 403 && error.reason === "Forbidden";
};

test("what is let in is counted at once, and what is too much is refused with the numbers", async () => {
  await quota({ pods: "2", "requests.cpu": "1", "requests.memory": "1Gi", "requests.example.com/gpu": "1" });
  const resources = {
    requests: { cpu: "600m", memory: "512Mi", "example.com/gpu": "1" },
    limits: { "example.com/gpu": "1" },
  };
  await client.create(pods, pod("a", resources));
  assert.deepEqual(await used(), {
    pods: "1",
    "requests.cpu": "600m",
    "requests.memory": "512Mi",
    "requests.example.com/gpu": "1",
  });
  await assert.rejects(
    client.create(pods, pod("b", resources)),
    refused(
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=600m,requests.example.com/gpu=1, used: requests.cpu=600m,requests.example.com/gpu=1, limited: requests.cpu=1,requests.example.com/gpu=1',
    ),
  );
});

test("exceeded pods are told as upstream tells them", async () => {
  await quota({ pods: "2" });
  await client.create(pods, pod("a"));
  await client.create(pods, pod("b"));
  await assert.rejects(
    client.create(pods, pod("c")),
    refused('pods "c" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2'),
  );
});

test("containers must say what a quota limits", async () => {
  await quota({ "limits.cpu": "1", memory: "1Gi" });
  await assert.rejects(
    client.create(pods, pod("a", { requests: { memory: "1Mi" } })),
    refused('pods "a" is forbidden: failed quota: q: must specify limits.cpu for: a'),
  );
});

test("a quota that nobody has counted yet lets nothing in", async () => {
  const hard = { pods: "5" };
  const made = await client.create(resourceQuotas, { metadata: { name: "q", namespace }, spec: { hard } });
  await client.update(resourceQuotas, { ...made, status: { hard } }, { subresource: "status" });
  await assert.rejects(
    client.create(pods, pod("a")),
    refused('pods "a" is forbidden: status unknown for quota: q, resources: pods'),
  );
});

test("many creates at once fill the quota exactly", async () => {
  await quota({ pods: "20", "count/pods": "20" });
  await quota({ pods: "50" }, {}, "wide");
  const results = await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) => client.create(pods, pod(`p-${index}`))),
  );
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 20);
  assert.equal((await client.list(pods, { namespace })).items.length, 20);
  assert.deepEqual(await used(), { pods: "20", "count/pods": "20" });
  assert.deepEqual(await used("wide"), { pods: "20" });
});

test("a controller that counts too few while creates are under way opens no gap", async () => {
  await quota({ pods: "5" });
  const results: PromiseSettledResult<unknown>[] = [];
  for (let round = 0; round < 5; round++) {
    const names = [0, 1].map((index) => `p-${round}-${index}`);
    results.push(...(await Promise.allSettled(names.map((name) => client.create(pods, pod(name))))));
    const now = await client.get(resourceQuotas, { namespace, name: "q" });
    await client.update(
      resourceQuotas,
      { ...now, status: { ...now.status, used: { pods: "0" } } },
      { subresource: "status" },
    );
  }
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 5);
  const wrong = results.flatMap((each) => (each.status === "rejected" ? [each.reason as StatusError] : []));
  assert.ok(wrong.every(({ reason }) => reason === "Forbidden"));
});

test("scopes choose the pods that count", async () => {
  await quota({ pods: "1" }, { scopes: ["BestEffort"] }, "best");
  await quota({ pods: "1" }, { scopes: ["NotBestEffort"] }, "not-best");
  await quota({ pods: "1" }, { scopes: ["Terminating"] }, "ending");
  const burstable = { requests: { cpu: "1" } };
  await client.create(pods, pod("a"));
  await client.create(pods, pod("b", burstable));
  await assert.rejects(client.create(pods, pod("c")), /exceeded quota: best,/);
  await assert.rejects(client.create(pods, pod("c", burstable)), /exceeded quota: not-best,/);
  assert.deepEqual(await used("ending"), { pods: "0" });
});

test("objects of any kind are counted, by their short and their full names", async () => {
  await quota({ configmaps: "1", "count/configmaps": "2" });
  await client.create(configMaps, { metadata: { name: "a", namespace } });
  await assert.rejects(
    client.create(configMaps, { metadata: { name: "b", namespace } }),
    refused(
      'configmaps "b" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1',
    ),
  );
});

test("a service that changes its type is counted by what it becomes", async () => {
  await quota({ services: "5", "services.nodeports": "1", "services.loadbalancers": "0" });
  const service = (type: string): Service => ({
    metadata: { name: "s", namespace },
    spec: { type, ports: [{ port: 80 }], selector: { app: "x" } },
  });
  const made = await client.create(services, service("ClusterIP"));
  await client.update(services, { ...made, spec: { ...made.spec, type: "NodePort" } });
  assert.deepEqual(await used(), { services: "1", "services.nodeports": "1", "services.loadbalancers": "0" });
  const now = await client.get(services, { namespace, name: "s" });
  await assert.rejects(
    client.update(services, { ...now, spec: { ...now.spec, type: "LoadBalancer" } }),
    /exceeded quota: q, requested: services.loadbalancers=1, used: services.loadbalancers=0, limited: services.loadbalancers=0/,
  );
});

test("claims count by size and class", async () => {
  await quota({ "requests.storage": "10Gi", "gold.storageclass.storage.k8s.io/requests.storage": "5Gi" });
  const claim = (name: string, storage: string) => ({
    metadata: { name, namespace },
    spec: { accessModes: ["ReadWriteOnce"], storageClassName: "gold", resources: { requests: { storage } } },
  });
  await client.create(persistentVolumeClaims, claim("a", "4Gi"));
  await assert.rejects(
    client.create(persistentVolumeClaims, claim("b", "2Gi")),
    /exceeded quota: q, requested: gold\.storageclass\.storage\.k8s\.io\/requests\.storage=2Gi, used: .*=4Gi, limited: .*=5Gi/,
  );
});

test("a dry run is judged, and counts for nothing", async () => {
  await quota({ pods: "1" });
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const tried = { kind: "Pod", apiVersion: "v1", ...pod("a") };
  await client.transport.request({ method: "POST", path, query: { dryRun: "All" }, body: tried });
  assert.deepEqual(await used(), { pods: "0" });
});

test("what is limited needs a quota that speaks of it, also where there is none at all", async () => {
  const limitedResources = [
    { resource: "pods", matchScopes: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }] },
  ];
  const limited = await startMemoryServer({
    admission: (dependencies) => [resourceQuota(dependencies, { limitedResources })],
  });
  try {
    await limited.client.create(namespaces, { metadata: { name: namespace } });
    await limited.client.create(pods, pod("a"));
    await assert.rejects(
      limited.client.create(pods, pod("b", {}, { priorityClassName: "high" })),
      refused('pods "b" is forbidden: insufficient quota to match these scopes: [{PriorityClass In [high]}]'),
    );
  } finally {
    await limited.close();
  }
});

test("objects whose names the server makes are counted too", async () => {
  await quota({ configmaps: "2" });
  const make = () => client.create(configMaps, { metadata: { generateName: "web-", namespace } });
  await make();
  await make();
  assert.deepEqual(await used(), { configmaps: "2" });
  await assert.rejects(make(), /exceeded quota/);
});
