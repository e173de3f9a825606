import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Namespace } from "../../api/generated/core/v1.ts";
import { deployments, namespaces, nodes, pods, services } from "../../api/generated/resources.ts";
import type { AnyObject, ApiObject, ResourceReference } from "../../api/meta.ts";
import { cronTabs, definitionOf, establish, versionOf } from "../crd/testing/definitions.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";

let server: MemoryServer;
before(async () => {
  server = await startMemoryServer();
  await server.client.create(namespaces, { metadata: { name: "shop" } });
});
after(() => server.close());

const at = (name: string) => ({ name, namespace: "shop" });
const labels = { app: "web" };
const containers = [{ name: "web", image: "web:1" }];
const subresource = "status";

async function applyStatus<T extends ApiObject>(resource: ResourceReference<T>, body: AnyObject): Promise<AnyObject> {
  const { group, version, kind } = resource;
  const whole = { apiVersion: group === "" ? version : `${group}/${version}`, kind, ...body };
  const patch = { type: "apply", subresource, body: whole, fieldManager: "reporter" } as const;
  return (await server.client.patch(resource, at(body.metadata?.name ?? ""), patch)) as ApiObject as AnyObject;
}

const ownedThroughStatus = ({ metadata }: AnyObject): unknown =>
  metadata?.managedFields?.find((entry) => entry.manager === "reporter")?.fieldsV1;

test("a status has its defaults: the mode of a balancer's address, a namespace's phase, what a node can give", async () => {
  const { client } = server;
  await client.create(services, { metadata: at("gate"), spec: { type: "LoadBalancer", ports: [{ port: 80 }] } });
  const loadBalancer = { ingress: [{ ip: "192.0.2.7" }] };
  const gate = await applyStatus(services, { metadata: { name: "gate" }, status: { loadBalancer } });
  assert.deepEqual(gate.status, { loadBalancer: { ingress: [{ ip: "192.0.2.7", ipMode: "VIP" }] } });
  const shop = await client.get(namespaces, { name: "shop" });
  const { status: _, ...withoutStatus } = shop;
  const put: Namespace = await client.update(namespaces, withoutStatus, { subresource });
  assert.deepEqual(put.status, { phase: "Active" });
  await client.create(nodes, { metadata: { name: "ground" } });
  const body = { status: { capacity: { cpu: "4", memory: "8Gi" } } };
  const node = await client.patch(nodes, { name: "ground" }, { type: "merge", body, subresource });
  assert.deepEqual(node.status?.allocatable, { cpu: "4", memory: "8Gi" });
});

test("nobody owns through the status what cannot be changed through it", async () => {
  const { client } = server;
  const template = { metadata: { labels }, spec: { containers } };
  await client.create(deployments, { metadata: at("web"), spec: { selector: { matchLabels: labels }, template } });
  const metadata = { name: "web", labels: { seen: "yes" }, annotations: { seen: "yes" } };
  const web = await applyStatus(deployments, { metadata, status: { replicas: 1 } });
  assert.deepEqual(web.metadata?.labels, undefined);
  assert.deepEqual(ownedThroughStatus(web), {
    "f:metadata": { "f:annotations": { "f:seen": {} } },
    "f:status": { "f:replicas": {} },
  });
});

test("the same of custom resources, whose metadata stays as it is", async () => {
  const state = { type: "object", properties: { state: { type: "string" } } };
  const schema = { openAPIV3Schema: { type: "object", properties: { status: state } } };
  const version = versionOf("v1", {
    schema: schema as never,
    storage: true,
    subresources: { status: {} },
    additionalPrinterColumns: [],
  });
  await establish(server, definitionOf({ versions: [version] }));
  const apiVersion = `${cronTabs("v1").group}/v1`;
  await server.client.create(cronTabs("v1"), { apiVersion, kind: "CronTab", metadata: at("tab") });
  const metadata = { name: "tab", labels: { seen: "yes" } };
  const tab = await applyStatus(cronTabs("v1"), { metadata, status: { state: "new" } });
  assert.equal(tab.metadata?.labels, undefined);
  assert.deepEqual(ownedThroughStatus(tab), { "f:status": { "f:state": {} } });
});

test("owners are set through the status, but those of pods", async () => {
  const { client } = server;
  const owner = { apiVersion: "v1", kind: "Node", name: "n", uid: "0b1e3a30-0000-4000-8000-000000000001" };
  const body = { metadata: { ownerReferences: [owner] } };
  const patch = { type: "merge", body, subresource } as const;
  await client.create(services, { metadata: at("owned"), spec: { ports: [{ port: 80 }] } });
  assert.deepEqual((await client.patch(services, at("owned"), patch)).metadata?.ownerReferences, [owner]);
  await client.create(pods, { metadata: at("free"), spec: { containers } });
  assert.equal((await client.patch(pods, at("free"), patch)).metadata?.ownerReferences, undefined);
});
