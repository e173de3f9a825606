import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StatefulSet } from "../../src/api/generated/apps/v1.ts";
import type { Pod } from "../../src/api/generated/core/v1.ts";
import { controllerRevisions, persistentVolumeClaims, pods, statefulSets } from "../../src/api/generated/resources.ts";
import { type Fate, startWorld, type WorldOptions } from "./world.ts";

const NAME = { namespace: "shop", name: "db" };
const labels = { app: "db" };

async function start(spec: object, options: Partial<WorldOptions> = {}) {
  const world = await startWorld({ controllers: ["statefulset-controller"], ...options });
  const template = { metadata: { labels }, spec: { containers: [{ name: "db", image: "db:1" }] } };
  const set = {
    metadata: { ...NAME },
    spec: { serviceName: "db", selector: { matchLabels: labels }, template, ...spec },
  };
  await world.client.create(statefulSets, set as StatefulSet);
  await world.pass(1000);
  const patch = (body: object) => world.client.patch(statefulSets, NAME, { type: "strategic", body });
  return {
    ...world,
    patch,
    setImage: (image: string) => patch({ spec: { template: { spec: { containers: [{ name: "db", image }] } } } }),
    set: () => world.client.get(statefulSets, NAME),
    images: async () =>
      (await world.pods()).map((pod) => `${pod.metadata?.name} ${pod.spec?.containers[0]?.image}`).sort(),
  };
}

describe("a stateful set with the real API server", () => {
  it("makes numbered pods with claims, and keeps the claims when scaled down", async () => {
    const volumeClaimTemplates = [
      {
        metadata: { name: "data" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      },
    ];
    const world = await start({ replicas: 3, volumeClaimTemplates });
    assert.deepEqual(await world.podNames(), ["db-0", "db-1", "db-2"]);
    await world.patch({ spec: { replicas: 1 } });
    await world.pass(1000);
    assert.deepEqual(await world.podNames(), ["db-0"]);
    const claims = (await world.client.list(persistentVolumeClaims, { namespace: "shop" })).items;
    assert.deepEqual(claims.map((claim) => claim.metadata?.name).sort(), ["data-db-0", "data-db-1", "data-db-2"]);
    const created = (await world.events()).filter((event) => event.startsWith("Normal SuccessfulCreate: create Pod"));
    assert.deepEqual(created.sort()[0], "Normal SuccessfulCreate: create Pod db-0 in StatefulSet db successful");
    assert.equal((await world.set()).status?.availableReplicas, 1);
    await world.close();
  });

  it("halts on a pod that does not come up, and goes on when it does", async () => {
    let stuck = true;
    const world = await start(
      { replicas: 3 },
      { fate: (pod) => (pod.metadata?.name === "db-1" && stuck ? "stuck" : "ready") },
    );
    assert.deepEqual(await world.podNames(), ["db-0", "db-1"]);
    stuck = false;
    await world.client.delete(pods, { namespace: "shop", name: "db-1" });
    await world.pass(1000);
    assert.deepEqual(await world.podNames(), ["db-0", "db-1", "db-2"]);
    await world.close();
  });

  it("rolls out in stages by its partition, and back to the same revision", async () => {
    const world = await start({ replicas: 3 });
    const first = (await world.set()).status?.currentRevision;
    await world.patch({ spec: { updateStrategy: { rollingUpdate: { partition: 2 } } } });
    await world.setImage("db:2");
    await world.pass(1000);
    assert.deepEqual(await world.images(), ["db-0 db:1", "db-1 db:1", "db-2 db:2"]);
    const { status } = await world.set();
    assert.equal(status?.currentRevision, first);
    assert.equal(status?.currentReplicas, 2);
    assert.equal(status?.updatedReplicas, 1);
    await world.patch({ spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } });
    await world.pass(2000);
    assert.deepEqual(await world.images(), ["db-0 db:2", "db-1 db:2", "db-2 db:2"]);
    assert.notEqual((await world.set()).status?.currentRevision, first);
    await world.setImage("db:1");
    await world.pass(2000);
    assert.deepEqual(await world.images(), ["db-0 db:1", "db-1 db:1", "db-2 db:1"]);
    assert.equal((await world.set()).status?.currentRevision, first);
    const revisions = (await world.client.list(controllerRevisions, { namespace: "shop" })).items;
    assert.deepEqual(revisions.map((each) => each.revision).sort(), [2, 3]);
    await world.close();
  });

  it("bursts in parallel with pods that do not come up", async () => {
    const world = await start({ replicas: 4, podManagementPolicy: "Parallel" }, { fate: () => "stuck" });
    assert.equal((await world.podNames()).length, 4);
    await world.patch({ spec: { replicas: 0 } });
    await world.pass(1000);
    assert.equal((await world.podNames()).length, 0);
    await world.close();
  });

  it("makes a pod that failed anew under its name", async () => {
    const failed = new Set<string>();
    const fate = (pod: Pod): Fate => {
      if (failed.size === 0) failed.add(pod.metadata?.uid ?? "");
      return failed.has(pod.metadata?.uid ?? "") ? 1 : "ready";
    };
    const world = await start({ replicas: 1 }, { fate });
    const [pod] = await world.pods();
    assert.equal(pod?.metadata?.name, "db-0");
    assert.equal(pod?.status?.phase, "Running");
    assert.ok(
      (await world.events()).includes("Warning RecreatingFailedPod: StatefulSet shop/db is recreating failed Pod db-0"),
    );
    await world.close();
  });
});
