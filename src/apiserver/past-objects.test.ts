import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Service } from "../api/generated/core/v1.ts";
import type { Ingress } from "../api/generated/networking.k8s.io/v1.ts";
import {
  cronJobs,
  endpointSlices,
  ingresses,
  namespaces,
  podDisruptionBudgets,
  services,
} from "../api/generated/resources.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { createMemoryStore } from "../store/memory/memory-store.ts";
import type { Store } from "../store/store.ts";
import { readableStore } from "./registry/readable-store.ts";
import { type MemoryServer, startMemoryServer } from "./testing/memory-server.ts";

// What servers of older versions left in etcd, in JSON and in protobuf.

let raw: Store;
let memory: MemoryServer;
before(async () => {
  raw = createMemoryStore({ clock: new VirtualClock() });
  memory = await startMemoryServer({ store: readableStore(raw) });
  await memory.client.create(namespaces, { metadata: { name: "default" } } as never);
});
after(() => memory.close());

const at = (name: string) => ({ namespace: "default", name });
const metadata = (name: string) => ({ ...at(name), uid: `uid-of-${name}`, creationTimestamp: "2020-01-01T00:00:00Z" });
const left = (key: string, object: object) =>
  raw.create(`/registry/${key}`, Buffer.from(`${JSON.stringify(object)}\n`));

/** A message of protobuf by hand: fields as [number, bytes or text or a number]. */
function message(...fields: [number: number, value: Buffer | string | number][]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === "number") return [Buffer.from([number << 3, value])];
      const bytes = Buffer.from(value);
      assert.ok(bytes.length < 16_384 && number < 16);
      const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7];
      return [Buffer.from([(number << 3) | 2, ...length]), bytes];
    }),
  );
}

function leftAsProtobuf(key: string, type: { apiVersion: string; kind: string }, object: Buffer) {
  const kind = message([1, type.apiVersion], [2, type.kind]);
  return raw.create(
    `/registry/${key}`,
    Buffer.concat([Buffer.from("k8s\0", "latin1"), message([1, kind], [2, object])]),
  );
}

const metadataMessage = (name: string) => message([1, name], [3, "default"], [5, `uid-of-${name}`]);

test("a budget of policy/v1beta1 is read, listed, changed and deleted", async () => {
  const past = { apiVersion: "policy/v1beta1", kind: "PodDisruptionBudget" };
  await left("poddisruptionbudgets/default/json", {
    ...past,
    metadata: metadata("json"),
    spec: { minAvailable: 1, selector: {} },
    status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
  });
  const minAvailable = message([1, 0], [2, 2]);
  const selector = message([1, message([1, "app"], [2, "web"])]);
  const spec = message([1, minAvailable], [2, selector]);
  const proto = message([1, metadataMessage("proto")], [2, spec], [3, message([3, 1], [4, 3])]);
  await leftAsProtobuf("poddisruptionbudgets/default/proto", past, proto);
  const read = await memory.client.get(podDisruptionBudgets, at("proto"));
  assert.equal(read.apiVersion, "policy/v1");
  assert.deepEqual(read.spec, { minAvailable: 2, selector: { matchLabels: { app: "web" } } });
  assert.equal(read.status?.currentHealthy, 3);
  const { items } = await memory.client.list(podDisruptionBudgets);
  assert.deepEqual(
    items.map((each) => each.metadata?.name),
    ["json", "proto"],
  );
  const { selector: matchNone } = items[0]!.spec!;
  assert.equal(matchNone?.matchExpressions?.[0]?.operator, "Exists");
  const body = { metadata: { labels: { team: "a" } } };
  await memory.client.patch(podDisruptionBudgets, at("json"), { type: "merge", body });
  const stored = (await raw.get("/registry/poddisruptionbudgets/default/json"))!.value.toString();
  assert.match(stored, /"apiVersion":"policy\/v1"/);
  await memory.client.delete(podDisruptionBudgets, at("proto"));
  assert.equal(await raw.get("/registry/poddisruptionbudgets/default/proto"), undefined);
});

test("an Ingress of v1beta1 in protobuf has fields that v1 has no more", async () => {
  const port = message([1, 0], [2, 80]);
  const backend = message([1, "web"], [2, port]);
  const paths = message([1, message([1, message([1, "/"], [2, backend])])]);
  const rule = message([1, "a.example.com"], [2, paths]);
  const object = message([1, metadataMessage("old")], [2, message([1, backend], [3, rule])]);
  await leftAsProtobuf("ingress/default/old", { apiVersion: "extensions/v1beta1", kind: "Ingress" }, object);
  const { spec } = await memory.client.get<Ingress>(ingresses, at("old"));
  const service = { name: "web", port: { number: 80 } };
  assert.deepEqual(spec, {
    defaultBackend: { service },
    rules: [
      {
        host: "a.example.com",
        http: { paths: [{ path: "/", pathType: "ImplementationSpecific", backend: { service } }] },
      },
    ],
  });
});

test("an EndpointSlice of v1beta1 in protobuf has other numbers", async () => {
  const zone = message([1, "topology.kubernetes.io/zone"], [2, "z"]);
  const hints = message([1, message([1, "z"])]);
  const endpoint = message([1, "10.0.0.1"], [5, zone], [6, "n"], [7, hints]);
  const object = message([1, metadataMessage("old")], [2, endpoint], [4, "IPv4"]);
  const past = { apiVersion: "discovery.k8s.io/v1beta1", kind: "EndpointSlice" };
  await leftAsProtobuf("endpointslices/default/old", past, object);
  const { endpoints } = await memory.client.get(endpointSlices, at("old"));
  const [only] = endpoints ?? [];
  assert.deepEqual([only?.zone, only?.nodeName, only?.hints], ["z", "n", { forZones: [{ name: "z" }] }]);
});

test("a CronJob of batch/v1beta1 that is changed is stored as v1", async () => {
  const template = {
    spec: { template: { spec: { containers: [{ name: "c", image: "i" }], restartPolicy: "Never" } } },
  };
  await left("cronjobs/default/old", {
    ...{ kind: "CronJob", apiVersion: "batch/v1beta1", metadata: metadata("old") },
    spec: { schedule: "* * * * *", jobTemplate: template },
  });
  assert.equal((await memory.client.get(cronJobs, at("old"))).apiVersion, "batch/v1");
  await memory.client.patch(cronJobs, at("old"), { type: "merge", body: { spec: { suspend: true } } });
  assert.match((await raw.get("/registry/cronjobs/default/old"))!.value.toString(), /"apiVersion":"batch\/v1"/);
});

const ports = [{ name: "http", port: 80, protocol: "TCP", targetPort: 80 }];
const single = (family: string) => ({ ipFamilies: [family], ipFamilyPolicy: "SingleStack" });
const cases: [name: string, stored: object, shown: object][] = [
  ["an address", { clusterIP: "10.96.7.7" }, { clusterIPs: ["10.96.7.7"], ...single("IPv4") }],
  ["an address of IPv6", { clusterIP: "fd00::7" }, { clusterIPs: ["fd00::7"], ...single("IPv6") }],
  ["none, with a selector", { clusterIP: "None", selector: { a: "b" } }, { clusterIPs: ["None"], ...single("IPv4") }],
  [
    "none, without a selector",
    { clusterIP: "None" },
    { clusterIPs: ["None"], ipFamilies: ["IPv4", "IPv6"], ipFamilyPolicy: "RequireDualStack" },
  ],
];
cases.forEach(([name, stored, shown], index) => {
  test(`a Service that is older than families: ${name}`, async () => {
    const service = `old-${index}`;
    const spec = { type: "ClusterIP", sessionAffinity: "None", ports, ...stored };
    await left(`services/specs/default/${service}`, {
      ...{ kind: "Service", apiVersion: "v1", metadata: metadata(service), spec, status: { loadBalancer: {} } },
    });
    const read = await memory.client.get<Service>(services, at(service));
    assert.deepEqual<object | undefined>(read.spec, { ...spec, ...shown });
    const { items } = await memory.client.list(services);
    assert.deepEqual(items.find((each) => each.metadata?.name === service)?.spec, read.spec);
    if (name.endsWith("IPv6")) return;
    const body = { metadata: { labels: { team: "a" } } };
    const changed = await memory.client.patch<Service>(services, at(service), { type: "merge", body });
    assert.deepEqual(changed.spec?.clusterIPs, read.spec?.clusterIPs);
  });
});

test("a name of elsewhere has no traffic policy", async () => {
  const spec = { type: "ExternalName", externalName: "example.com", sessionAffinity: "None" };
  await left("services/specs/default/name", {
    ...{ kind: "Service", apiVersion: "v1", metadata: metadata("name"), status: { loadBalancer: {} } },
    spec: { ...spec, internalTrafficPolicy: "Cluster" },
  });
  assert.deepEqual((await memory.client.get(services, at("name"))).spec, spec);
});
