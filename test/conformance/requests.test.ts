import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Job } from "../../src/api/generated/batch/v1.ts";
import { configMaps, jobs, namespaces, priorityClasses, resourceQuotas } from "../../src/api/generated/resources.ts";
import type { AnyObject } from "../../src/api/meta.ts";
import { type MemoryServer, startMemoryServer } from "../../src/apiserver/testing/memory-server.ts";
import { askRaw } from "../../src/apiserver/testing/raw-door.ts";

const DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments";
const podTemplate = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "d:1" }] } };
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";

describe("requests as upstream's suite sees them", () => {
  let server: MemoryServer;
  before(async () => {
    server = await startMemoryServer();
    await server.client.create(namespaces, { metadata: { name: "shop" } });
  });
  after(() => server.close());

  const deployment = (name: string, more: { spec?: string; metadata?: string } = {}): string =>
    `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"${name}"${more.metadata ?? ""}},"spec":{` +
    `"replicas":1,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},` +
    `"spec":{"containers":[{"name":"c","image":"d:1"}]}}${more.spec ?? ""}}}`;
  const post = (fieldValidation: string, body: string) =>
    askRaw(server.server, `${DEPLOYMENTS}?fieldValidation=${fieldValidation}`, {
      method: "POST",
      body,
      contentType: "application/json",
    });

  for (const [what, more, said] of [
    ["an unknown field", { spec: ',"foo":"bar"' }, 'unknown field "spec.foo"'],
    ["a field that comes twice", { spec: ',"replicas":2' }, 'duplicate field "spec.replicas"'],
    ["unknown metadata", { metadata: ',"foo":"bar"' }, 'unknown field "metadata.foo"'],
  ] as const) {
    it(`${what} of a built-in kind is refused, told or passed over`, async () => {
      const name = what.replaceAll(" ", "-");
      const strict = await post("Strict", deployment(name, more));
      assert.equal(strict.code, 400);
      assert.match(strict.json().message, new RegExp(`strict decoding error: ${said.replace(".", "\\.")}`));
      const warned = await post("Warn", deployment(name, more));
      assert.equal(warned.code, 201);
      assert.ok([warned.headers.warning].flat().some((line) => line?.includes(said.replaceAll('"', '\\"'))));
      const ignored = await post("Ignore", deployment(`${name}-ignored`, more));
      assert.deepEqual([ignored.code, ignored.headers.warning], [201, undefined]);
    });
  }

  it("structs that are no pointers in Go are there from the start, and nothing changes when a client leaves them out", async () => {
    const created = (await post("Strict", deployment("whole"))).json() as AnyObject;
    assert.deepEqual(created.status, {});
    const wanted = structuredClone(created) as { spec: { strategy?: unknown; template: { metadata: unknown } } };
    delete (wanted as AnyObject).status;
    delete wanted.spec.strategy;
    const again = await askRaw(server.server, `${DEPLOYMENTS}/whole`, {
      method: "PUT",
      body: JSON.stringify(wanted),
      contentType: "application/json",
    });
    assert.equal(again.code, 200);
    assert.deepEqual(again.json().metadata, created.metadata, "neither version nor generation");
    const { client } = server;
    const job = { metadata: { namespace: "shop", name: "bare" }, spec: { template: podTemplate } };
    const { spec, status } = await client.create(jobs, job as Job);
    assert.deepEqual([spec?.template.spec?.containers[0]?.resources, status], [{}, {}]);
    const quota = await client.create(resourceQuotas, { metadata: { namespace: "shop", name: "none" } });
    assert.deepEqual([quota.spec, quota.status], [{}, {}]);
  });

  it("flags of a query are read in any case: Python's clients write watch=False", async () => {
    const { code, json } = await askRaw(server.server, "/api/v1/namespaces/shop/configmaps?watch=False", {});
    assert.deepEqual([code, json().kind], [200, "ConfigMapList"]);
  });

  it("a Table of what has no columns is 406", async () => {
    const body = JSON.stringify({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { verb: "get", resource: "pods" } },
    });
    const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const { code, json } = await askRaw(server.server, path, {
      method: "POST",
      body,
      contentType: "application/json",
      accept: TABLE,
    });
    assert.equal(code, 406);
    assert.equal(json().reason, "NotAcceptable");
  });

  it("a Table has rows with the objects' metadata", async () => {
    await server.client.create(configMaps, { metadata: { namespace: "shop", name: "a" }, data: { b: "c" } });
    const { json } = await askRaw(server.server, "/api/v1/namespaces/shop/configmaps", { accept: TABLE });
    const { kind, columnDefinitions, rows } = json();
    assert.equal(kind, "Table");
    assert.deepEqual(
      columnDefinitions.map(({ name }: { name: string }) => name),
      ["Name", "Data", "Age"],
    );
    assert.deepEqual(rows[0].cells.slice(0, 2), ["a", 1]);
    assert.equal(rows[0].object.kind, "PartialObjectMetadata");
  });

  it("watches that begin anywhere see all changes in one order", async () => {
    const { client } = server;
    const last = 40;
    const { metadata } = await client.list(configMaps, { namespace: "shop" });
    let from = metadata.resourceVersion!;
    const orders: Promise<string[]>[] = [];
    for (let count = 1; count <= last; count++) {
      if (count % 4 === 1) orders.push(revisionsUntil(from, `order-${last}`));
      const at = { namespace: "shop", name: `order-${count}` };
      from = (await client.create(configMaps, { metadata: { ...at } })).metadata!.resourceVersion!;
      if (count % 3 === 0) await client.patch(configMaps, at, { type: "merge", body: { data: { a: "b" } } });
      if (count % 5 === 0 && count < last) await client.delete(configMaps, at);
    }
    const [first, ...others] = await Promise.all(orders);
    assert.ok(first!.length > last);
    for (const order of others) {
      const start = first!.indexOf(order[0]!);
      assert.ok(start > 0);
      assert.deepEqual(order, first!.slice(start));
    }
  });

  async function revisionsUntil(resourceVersion: string, name: string): Promise<string[]> {
    const order: string[] = [];
    for await (const { type, object } of server.client.watch(configMaps, { namespace: "shop", resourceVersion })) {
      order.push(`${type} ${object.metadata?.name} ${object.metadata?.resourceVersion}`);
      if (object.metadata?.name === name) break;
    }
    return order;
  }

  it("a priority class keeps its value and its policy", async () => {
    const name = "important";
    await server.client.create(priorityClasses, { metadata: { name }, value: 1000 });
    const change = (body: object) => server.client.patch(priorityClasses, { name }, { type: "merge", body });
    assert.equal((await change({ description: "for shops" })).description, "for shops");
    await assert.rejects(change({ value: 2000 }), { code: 422, message: /value: .*may not be changed in an update/ });
    await assert.rejects(change({ preemptionPolicy: "Never" }), {
      code: 422,
      message: /preemptionPolicy: .*immutable/,
    });
  });
});
