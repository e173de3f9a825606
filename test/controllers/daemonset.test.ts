import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DaemonSet } from "../../src/api/generated/apps/v1.ts";
import { controllerRevisions, daemonSets, nodes, pods } from "../../src/api/generated/resources.ts";
import { startWorld, type WorldOptions } from "./world.ts";

const NAME = { namespace: "shop", name: "agent" };
const labels = { app: "agent" };

async function start(spec: object = {}, options: Partial<WorldOptions> = {}) {
  const world = await startWorld({ controllers: ["daemonset-controller"], nodes: ["n1", "n2", "n3"], ...options });
  const template = { metadata: { labels }, spec: { containers: [{ name: "agent", image: "agent:1" }] } };
  const set = { metadata: { ...NAME }, spec: { selector: { matchLabels: labels }, template, ...spec } } as DaemonSet;
  await world.client.create(daemonSets, set);
  await world.pass(1000);
  return {
    ...world,
    set: () => world.client.get(daemonSets, NAME),
    setImage: (image: string) =>
      world.client.patch(daemonSets, NAME, {
        type: "strategic",
        body: { spec: { template: { spec: { containers: [{ name: "agent", image }] } } } },
      }),
    places: async () =>
      (await world.pods()).map((pod) => `${pod.spec?.nodeName} ${pod.spec?.containers[0]?.image}`).sort(),
    revisions: async () => (await world.client.list(controllerRevisions, { namespace: "shop" })).items,
  };
}

describe("a daemon set with the real API server", () => {
  it("has one pod on each node", async () => {
    const world = await start();
    assert.deepEqual(await world.places(), ["n1 agent:1", "n2 agent:1", "n3 agent:1"]);
    const { status } = await world.set();
    assert.equal(status?.desiredNumberScheduled, 3);
    assert.equal(status?.numberAvailable, 3);
    assert.equal(status?.updatedNumberScheduled, 3);
    assert.equal((await world.revisions()).length, 1);
    await world.close();
  });

  it("follows nodes that come and change", async () => {
    const world = await start({
      template: {
        metadata: { labels },
        spec: { nodeSelector: { disk: "ssd" }, containers: [{ name: "agent", image: "agent:1" }] },
      },
    });
    await world.client.create(nodes, { metadata: { name: "n4", labels: { disk: "ssd" } } });
    await world.client.patch(nodes, { name: "n1" }, { type: "merge", body: { metadata: { labels: { disk: "hdd" } } } });
    await world.pass(1000);
    assert.deepEqual(await world.places(), ["n2 agent:1", "n3 agent:1", "n4 agent:1"]);
    await world.close();
  });

  it("replaces a deleted pod, and a failed one after its back-off", async () => {
    let failing = true;
    const world = await start({}, { fate: (pod) => (pod.spec?.nodeName === "n1" && failing ? 1 : "ready") });
    failing = false;
    await world.client.delete(pods, { namespace: "shop", name: (await world.podNames())[0]! });
    await world.pass(5000);
    const phases = (await world.pods()).map((pod) => pod.status?.phase);
    assert.deepEqual(phases, ["Running", "Running", "Running"]);
    assert.ok(
      (await world.events()).some((event) =>
        event.startsWith("Warning FailedDaemonPod: Found failed daemon pod shop/"),
      ),
    );
    await world.close();
  });

  it("rolls out node by node, and back without needless restarts", async () => {
    const world = await start();
    const most = { unavailable: 0 };
    await world.setImage("agent:2");
    for (let step = 0; step < 100; step++) {
      await world.clock.advance(20);
      const ready = (await world.pods()).filter((pod) => pod.status?.phase === "Running").length;
      most.unavailable = Math.max(most.unavailable, 3 - ready);
    }
    assert.deepEqual(await world.places(), ["n1 agent:2", "n2 agent:2", "n3 agent:2"]);
    assert.ok(most.unavailable <= 1, `${most.unavailable} unavailable`);
    assert.deepEqual((await world.revisions()).map((each) => each.revision).sort(), [1, 2]);
    await world.setImage("agent:1");
    await world.pass(2000);
    assert.deepEqual((await world.revisions()).map((each) => each.revision).sort(), [2, 3]);
    assert.deepEqual(await world.places(), ["n1 agent:1", "n2 agent:1", "n3 agent:1"]);
    await world.close();
  });

  it("with OnDelete waits for pods to be deleted", async () => {
    const world = await start({ updateStrategy: { type: "OnDelete" } });
    await world.setImage("agent:2");
    await world.pass(1000);
    assert.deepEqual(await world.places(), ["n1 agent:1", "n2 agent:1", "n3 agent:1"]);
    const [first] = await world.pods();
    await world.client.delete(pods, { namespace: "shop", name: first!.metadata!.name! });
    await world.pass(1000);
    assert.equal((await world.places()).filter((place) => place.endsWith("agent:2")).length, 1);
    await world.close();
  });
});
