import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Deployment, ReplicaSet } from "../../src/api/generated/apps/v1.ts";
import { deployments, pods, replicaSets } from "../../src/api/generated/resources.ts";
import { startWorld, type WorldOptions } from "./world.ts";

const CONTROLLERS = ["deployment-controller", "replicaset-controller"];
const NAME = { namespace: "shop", name: "web" };

function web(image: string, replicas: number, more: object = {}): Deployment {
  const labels = { app: "web" };
  return {
    metadata: { ...NAME },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "web", image }] } },
      ...more,
    },
  };
}

async function start(deployment: Deployment, options: Partial<WorldOptions> = {}) {
  const world = await startWorld({ controllers: CONTROLLERS, ...options });
  await world.client.create(deployments, deployment);
  await world.pass(1000);
  const patch = (body: object) => world.client.patch(deployments, NAME, { type: "strategic", body });
  return {
    ...world,
    patch,
    setImage: (image: string) => patch({ spec: { template: { spec: { containers: [{ name: "web", image }] } } } }),
    deployment: () => world.client.get(deployments, NAME),
    sets: async (): Promise<ReplicaSet[]> => (await world.client.list(replicaSets, { namespace: "shop" })).items,
    images: async () => (await world.pods()).map((pod) => pod.spec?.containers[0]?.image).sort(),
  };
}
const condition = (of: Deployment, type: string) => of.status?.conditions?.find((each) => each.type === type);

describe("a deployment with the real API server", () => {
  it("gets its pods, its revision and its status", async () => {
    const world = await start(web("web:1", 3));
    const { status, metadata } = await world.deployment();
    assert.equal((await world.podNames()).length, 3);
    assert.equal(metadata?.annotations?.["deployment.kubernetes.io/revision"], "1");
    assert.equal(status?.availableReplicas, 3);
    assert.equal(status?.updatedReplicas, 3);
    assert.equal(status?.observedGeneration, 1);
    assert.equal(condition(await world.deployment(), "Progressing")?.reason, "NewReplicaSetAvailable");
    const [set] = await world.sets();
    const events = await world.events();
    assert.ok(events.includes(`Normal ScalingReplicaSet: Scaled up replica set ${set?.metadata?.name} from 0 to 3`));
    assert.equal(events.filter((event) => event.startsWith("Normal SuccessfulCreate: Created pod: web-")).length, 3);
    await world.close();
  });

  it("replaces a pod that is deleted", async () => {
    const world = await start(web("web:1", 3));
    const [first] = await world.podNames();
    await world.client.delete(pods, { namespace: "shop", name: first! });
    await world.pass(1000);
    const after = await world.podNames();
    assert.equal(after.length, 3);
    assert.ok(!after.includes(first!));
    await world.close();
  });

  it("scales", async () => {
    const world = await start(web("web:1", 3));
    await world.patch({ spec: { replicas: 5 } });
    await world.pass(1000);
    assert.equal((await world.podNames()).length, 5);
    await world.patch({ spec: { replicas: 1 } });
    await world.pass(1000);
    assert.equal((await world.podNames()).length, 1);
    assert.equal((await world.deployment()).status?.replicas, 1);
    await world.close();
  });

  it("rolls out, and back by the earlier template, in the same ReplicaSets", async () => {
    const world = await start(web("web:1", 3));
    await world.setImage("web:2");
    await world.pass(2000);
    assert.deepEqual(await world.images(), ["web:2", "web:2", "web:2"]);
    assert.equal((await world.deployment()).metadata?.annotations?.["deployment.kubernetes.io/revision"], "2");
    await world.setImage("web:1");
    await world.pass(2000);
    assert.deepEqual(await world.images(), ["web:1", "web:1", "web:1"]);
    const sets = await world.sets();
    assert.deepEqual(sets.map((set) => set.spec?.replicas).sort(), [0, 3]);
    const back = sets.find((set) => set.spec?.replicas === 3);
    assert.equal(back?.metadata?.annotations?.["deployment.kubernetes.io/revision"], "3");
    assert.equal(back?.metadata?.annotations?.["deployment.kubernetes.io/revision-history"], "1");
    await world.close();
  });

  it("keeps the old pods when the new ones do not come up, and says so after the deadline", async () => {
    const world = await start(web("web:1", 4, { progressDeadlineSeconds: 60 }), {
      fate: (pod) => (pod.spec?.containers[0]?.image === "web:2" ? "stuck" : "ready"),
    });
    await world.setImage("web:2");
    await world.pass(10_000);
    assert.equal((await world.images()).filter((image) => image === "web:1").length, 3);
    await world.pass(60_000);
    const progressing = condition(await world.deployment(), "Progressing");
    assert.equal(progressing?.status, "False");
    assert.equal(progressing?.reason, "ProgressDeadlineExceeded");
    await world.close();
  });

  it("with Recreate never runs old and new pods together", async () => {
    const world = await start(web("web:1", 3, { strategy: { type: "Recreate" } }));
    const seen = new Set<string>();
    await world.setImage("web:2");
    for (let step = 0; step < 100; step++) {
      await world.clock.advance(20);
      seen.add([...new Set(await world.images())].join("+"));
    }
    assert.ok(!seen.has("web:1+web:2"), [...seen].join());
    assert.deepEqual(await world.images(), ["web:2", "web:2", "web:2"]);
    await world.close();
  });

  it("waits while paused, and rolls out when resumed", async () => {
    const world = await start(web("web:1", 2));
    await world.patch({ spec: { paused: true } });
    await world.setImage("web:2");
    await world.pass(2000);
    assert.deepEqual(await world.images(), ["web:1", "web:1"]);
    assert.equal(condition(await world.deployment(), "Progressing")?.reason, "DeploymentPaused");
    await world.patch({ spec: { paused: false } });
    await world.pass(2000);
    assert.deepEqual(await world.images(), ["web:2", "web:2"]);
    await world.close();
  });

  it("counts a pod as available only after minReadySeconds", async () => {
    const world = await start(web("web:1", 1, { minReadySeconds: 30 }));
    assert.equal((await world.deployment()).status?.readyReplicas, 1);
    assert.equal((await world.deployment()).status?.availableReplicas, undefined);
    await world.pass(32_000);
    assert.equal((await world.deployment()).status?.availableReplicas, 1);
    await world.close();
  });

  it("adopts a matching ReplicaSet, and a pod that loses its label is released and replaced", async () => {
    const world = await start(web("web:1", 1));
    const [name] = await world.podNames();
    await world.client.patch(
      pods,
      { namespace: "shop", name: name! },
      { type: "merge", body: { metadata: { labels: { app: "other" } } } },
    );
    await world.pass(1000);
    assert.equal((await world.podNames()).length, 2);
    const released = await world.client.get(pods, { namespace: "shop", name: name! });
    assert.equal(released.metadata?.ownerReferences ?? undefined, undefined);
    await world.close();
  });
});
