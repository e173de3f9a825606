import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import { configMaps, leases, namespaces, pods } from "../../api/generated/resources.ts";
import { isConflict } from "../../api/status.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";

/** Objects are passed by reference in process: what a write shares with the version before it must stay as it was. */
describe("what writes share with what was stored", () => {
  let server: MemoryServer;
  before(async () => {
    server = await startMemoryServer();
    await server.client.create(namespaces, { metadata: { name: "work" } });
  });
  after(() => server.close());

  const target = (name: string) => ({ namespace: "work", name });
  const create = (name: string) =>
    server.client.create(pods, {
      metadata: { ...target(name), labels: { app: "web" } },
      spec: { containers: [{ name: "web", image: "web:1" }] },
    } as Pod);

  test("a status leaves the rest the same object, and the version before it alone", async () => {
    const stored = await create("status");
    const text = JSON.stringify(stored);
    const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
    const patch = { type: "strategic", subresource: "status", body: { status, spec: { hostname: "no" } } } as const;
    const changed = await server.client.patch(pods, target("status"), patch);
    assert.equal(changed.status?.phase, "Running");
    assert.equal(changed.spec, stored.spec);
    assert.equal(changed.metadata?.labels, stored.metadata?.labels);
    assert.equal(JSON.stringify(stored), text);
    const owners = changed.metadata?.managedFields?.map(({ subresource = "" }) => subresource);
    assert.deepEqual(owners, ["", "status"]);
  });

  test("what a status write cannot change stays, and what it can is changed", async () => {
    const stored = await create("both");
    const wanted: Pod = {
      ...stored,
      metadata: { ...stored.metadata, labels: { app: "other" }, generation: 7 },
      spec: { ...stored.spec!, nodeName: "elsewhere" },
      status: { ...stored.status, phase: "Failed" },
    };
    const changed = await server.client.update(pods, wanted, { subresource: "status" });
    assert.equal(changed.spec, stored.spec);
    assert.equal(changed.metadata?.generation, stored.metadata?.generation);
    assert.deepEqual([changed.metadata?.labels, changed.status?.phase], [{ app: "other" }, "Failed"]);
    assert.deepEqual(stored.metadata?.labels, { app: "web" });
  });

  test("a binding leaves the version before it alone", async () => {
    const stored = await create("bound");
    const text = JSON.stringify(stored);
    const binding = {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: "bound" },
      target: { kind: "Node", name: "a" },
    };
    await server.client.create(pods, binding, { subresource: "binding", target: target("bound") });
    const bound = await server.client.get(pods, target("bound"));
    assert.equal(bound.spec?.nodeName, "a");
    assert.equal(bound.status?.conditions?.find(({ type }) => type === "PodScheduled")?.status, "True");
    assert.equal(JSON.stringify(stored), text);
  });

  test("a deletion that waits leaves the rest the same object, and the version before it alone", async () => {
    const stored = await create("going");
    const text = JSON.stringify(stored);
    await server.client.patch(pods, target("going"), {
      type: "merge",
      body: { metadata: { finalizers: ["example.com/hold"] } },
    });
    const held = await server.client.get(pods, target("going"));
    const heldText = JSON.stringify(held);
    await server.client.delete(pods, target("going"), { gracePeriodSeconds: 0 });
    const going = await server.client.get(pods, target("going"));
    assert.notEqual(going.metadata?.deletionTimestamp, undefined);
    assert.equal(going.spec, held.spec);
    assert.deepEqual([JSON.stringify(stored), JSON.stringify(held)], [text, heldText]);
  });

  test("a renewed lease has the metadata that it had, and a client that is behind hears of it", async () => {
    const { client } = server;
    const spec = { holderIdentity: "a", leaseDurationSeconds: 40, renewTime: "2026-01-01T00:00:00.000000Z" };
    const first = await client.create(leases, { metadata: target("a"), spec });
    const text = JSON.stringify(first);
    const renewed = { ...first, spec: { ...spec, renewTime: "2026-01-01T00:00:10.000000Z" } };
    const second = await client.update(leases, renewed);
    assert.equal(second.spec?.renewTime, "2026-01-01T00:00:10.000000Z");
    assert.notEqual(second.metadata?.resourceVersion, first.metadata?.resourceVersion);
    assert.equal(JSON.stringify(first), text);
    await assert.rejects(client.update(leases, renewed), isConflict);
  });

  test("parts that a client shares with the stored object are read when it has changed them", async () => {
    const { client } = server;
    const first = await client.create(configMaps, { metadata: target("part"), data: { a: "1", b: "2" } });
    const wanted = { ...first, metadata: { ...first.metadata, labels: { x: "y" }, nonsense: 1 } };
    const second = await client.update(configMaps, wanted);
    assert.deepEqual([second.data, second.metadata?.labels], [{ a: "1", b: "2" }, { x: "y" }]);
    assert.equal("nonsense" in (second.metadata ?? {}), false);
  });
});
