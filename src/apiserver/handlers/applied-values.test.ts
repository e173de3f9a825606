import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { daemonSets, namespaces, nodes, persistentVolumes, resourceQuotas } from "../../api/generated/resources.ts";
import type { AnyObject, ApiObject, ResourceReference } from "../../api/meta.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";

let server: MemoryServer;
before(async () => {
  server = await startMemoryServer();
  await server.client.create(namespaces, { metadata: { name: "shop" } });
});
after(() => server.close());

async function apply<T extends ApiObject>(
  resource: ResourceReference<T>,
  body: AnyObject,
  more: { readonly fieldManager: string; readonly force?: boolean; readonly subresource?: string },
): Promise<AnyObject> {
  const { group, version, kind } = resource;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  const at = { name: body.metadata?.name ?? "", namespace: body.metadata?.namespace };
  const patch = { type: "apply", body: { apiVersion, kind, ...body }, ...more } as const;
  return (await server.client.patch(resource, at, patch)) as ApiObject as AnyObject;
}

const ownedBy = ({ metadata }: AnyObject, manager: string): unknown =>
  metadata?.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1;

test("who applies false, zero or an empty text owns that, though nothing of it is stored", async () => {
  const metadata = { name: "ground" };
  await apply(nodes, { metadata, spec: { unschedulable: true } }, { fieldManager: "drainer" });
  const wanted = { metadata, spec: { unschedulable: false } };
  await assert.rejects(apply(nodes, wanted, { fieldManager: "opener" }), {
    code: 409,
    message: 'Apply failed with 1 conflict: conflict with "drainer": .spec.unschedulable',
  });
  const opened = await apply(nodes, wanted, { fieldManager: "opener", force: true });
  assert.deepEqual(opened.spec, {});
  assert.deepEqual(ownedBy(opened, "opener"), { "f:spec": { "f:unschedulable": {} } });
  assert.equal(ownedBy(opened, "drainer"), undefined);
});

test("who applies null owns the field", async () => {
  const spec = {
    storageClassName: "",
    mountOptions: null,
    capacity: { storage: "1Gi" },
    accessModes: ["ReadWriteOnce"],
    hostPath: { path: "/data" },
  };
  const applied = await apply(persistentVolumes, { metadata: { name: "shelf" }, spec }, { fieldManager: "keeper" });
  assert.equal(Object.hasOwn(applied.spec as object, "storageClassName"), false);
  const { "f:spec": owned } = ownedBy(applied, "keeper") as { "f:spec": object };
  assert.deepEqual(Object.keys(owned).sort(), [
    "f:accessModes",
    "f:capacity",
    "f:hostPath",
    "f:mountOptions",
    "f:storageClassName",
  ]);
});

test("a quantity that is spelled otherwise is another one to whoever owns it, and the same in the store", async () => {
  const metadata = { name: "limits", namespace: "shop" };
  const first = await apply(resourceQuotas, { metadata, spec: { hard: { cpu: "1000m" } } }, { fieldManager: "one" });
  assert.deepEqual(first.spec, { hard: { cpu: "1" } });
  const other = { metadata, spec: { hard: { cpu: "2000m" } } };
  await assert.rejects(apply(resourceQuotas, other, { fieldManager: "two" }), { code: 409 });
  const again = await apply(resourceQuotas, { metadata, spec: { hard: { cpu: "1000m" } } }, { fieldManager: "one" });
  assert.equal(again.metadata?.resourceVersion, first.metadata?.resourceVersion);
});

test("what a daemon set's template is counted by belongs to whoever made it", async () => {
  const labels = { app: "lamp" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "lamp", image: "lamp:1" }] } };
  const metadata = { name: "lamp", namespace: "shop" };
  const spec = { selector: { matchLabels: labels }, template };
  const made = (await server.client.create(daemonSets, { metadata, spec }, { fieldManager: "maker" })) as AnyObject;
  const { "f:metadata": owned } = ownedBy(made, "maker") as { "f:metadata": unknown };
  assert.deepEqual(owned, { "f:annotations": { ".": {}, "f:deprecated.daemonset.template.generation": {} } });
  assert.equal(made.metadata?.annotations?.["deprecated.daemonset.template.generation"], "1");
});
