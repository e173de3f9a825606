import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Job } from "../../src/api/generated/batch/v1.ts";
import type { ReplicationController } from "../../src/api/generated/core/v1.ts";
import { jobs, pods, replicaSets, replicationControllers } from "../../src/api/generated/resources.ts";
import { startWorld } from "./world.ts";

const labels = { app: "web" };
const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "web:1" }] } };
const lonely = { metadata: { namespace: "shop", name: "lonely", labels }, spec: template.spec };

describe("adoption with the real API server", () => {
  for (const [kind, controller, resource, selector] of [
    ["ReplicaSet", "replicaset-controller", replicaSets, { matchLabels: labels }],
    ["ReplicationController", "replicationcontroller-controller", replicationControllers, labels],
  ] as const) {
    it(`a ${kind} adopts a pod that it selects, and releases it when its labels change`, async () => {
      const world = await startWorld({ controllers: [controller] });
      await world.client.create(pods, lonely);
      const set = { metadata: { namespace: "shop", name: "web" }, spec: { replicas: 1, selector, template } };
      await world.client.create<ReplicationController>(
        resource as typeof replicationControllers,
        set as ReplicationController,
      );
      await world.pass(1000);
      assert.deepEqual(await world.podNames(), ["lonely"]);
      const adopted = await world.client.get(pods, { namespace: "shop", name: "lonely" });
      assert.equal(adopted.metadata?.ownerReferences?.[0]?.kind, kind);
      const body = { metadata: { labels: { app: "other" } } };
      await world.client.patch(pods, { namespace: "shop", name: "lonely" }, { type: "merge", body });
      await world.pass(1000);
      assert.equal((await world.podNames()).length, 2);
      const released = await world.client.get(pods, { namespace: "shop", name: "lonely" });
      assert.equal(released.metadata?.ownerReferences?.length ?? 0, 0);
      await world.close();
    });
  }

  it("a Job releases a pod whose labels change, and adopts it again with its finalizer", async () => {
    const world = await startWorld({ controllers: ["job-controller"], fate: () => "ready" });
    const spec = { template: { spec: { ...template.spec, restartPolicy: "Never" } } };
    await world.client.create(jobs, { metadata: { namespace: "shop", name: "sum" }, spec } as Job);
    await world.pass(1000);
    const name = (await world.podNames())[0]!;
    const target = { namespace: "shop", name };
    const before = await world.client.get(pods, target);
    const gone = Object.fromEntries(Object.keys(before.metadata?.labels ?? {}).map((label) => [label, null]));
    await world.client.patch(pods, target, { type: "merge", body: { metadata: { labels: gone } } });
    await world.pass(1000);
    const released = await world.client.get(pods, target);
    assert.equal(released.metadata?.ownerReferences?.length ?? 0, 0);
    assert.equal(released.metadata?.finalizers?.length ?? 0, 0);
    assert.equal((await world.podNames()).length, 2);
    await world.client.patch(pods, target, { type: "merge", body: { metadata: { labels: before.metadata?.labels } } });
    await world.pass(1000);
    const left = await world.pods();
    assert.equal(left.length, 1, "one of two is one too many");
    assert.deepEqual(left[0]?.metadata?.finalizers, ["batch.kubernetes.io/job-tracking"]);
    await world.close();
  });
});
