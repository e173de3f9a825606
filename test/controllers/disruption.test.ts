import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PodDisruptionBudget } from "../../src/api/generated/policy/v1.ts";
import { podDisruptionBudgets, pods, replicaSets } from "../../src/api/generated/resources.ts";
import { formatTime } from "../../src/base/clock.ts";
import { startWorld } from "./world.ts";

const NAME = { namespace: "shop", name: "web" };
const labels = { app: "web" };
const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "a:1" }] } };

async function start(spec: PodDisruptionBudget["spec"], replicas = 0) {
  const world = await startWorld({ controllers: ["replicaset-controller", "disruption-controller"] });
  const { client } = world;
  if (replicas > 0)
    await client.create(replicaSets, {
      metadata: { ...NAME },
      spec: { replicas, selector: { matchLabels: labels }, template },
    });
  await client.create(podDisruptionBudgets, {
    metadata: { ...NAME },
    spec: { selector: { matchLabels: labels }, ...spec },
  });
  await world.pass(1000);
  const evict = (name = ""): Promise<unknown> =>
    client.create(
      pods,
      { metadata: { namespace: "shop", name } },
      { subresource: "eviction", target: { namespace: "shop", name } },
    );
  return { ...world, evict, status: async () => (await client.get(podDisruptionBudgets, NAME)).status };
}

describe("a disruption budget with the real API server", () => {
  it("says how many pods may go, and blocks evictions beyond that until it is changed", async () => {
    const world = await start({ maxUnavailable: 1 }, 3);
    const status = await world.status();
    assert.deepEqual(
      [status?.expectedPods, status?.currentHealthy, status?.desiredHealthy, status?.disruptionsAllowed],
      [3, 3, 2, 1],
    );
    const [first, second] = await world.podNames();
    await world.evict(first);
    await assert.rejects(world.evict(second), { code: 429 });
    await world.client.patch(podDisruptionBudgets, NAME, { type: "merge", body: { spec: { maxUnavailable: 3 } } });
    await world.pass(1000);
    await world.evict(second);
    await world.close();
  });

  it("is at 0 while a pod's controller is not there, and counts again by itself", async () => {
    const world = await start({ maxUnavailable: 1 });
    const ownerReferences = [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "gone", uid: "u", controller: true }];
    await world.client.create(pods, {
      ...template,
      metadata: { namespace: "shop", name: "orphan", labels, ownerReferences },
    });
    await world.pass(5000);
    const condition = async () => (await world.status())?.conditions?.find(({ type }) => type === "DisruptionAllowed");
    assert.equal((await condition())?.reason, "SyncFailed");
    assert.equal((await condition())?.message, 'found no controllers for pod "orphan"');
    assert.equal((await world.status())?.disruptionsAllowed, 0);
    await world.client.delete(pods, { namespace: "shop", name: "orphan" });
    await world.pass(1000);
    assert.equal((await condition())?.reason, "InsufficientPods");
    await world.close();
  });

  it("lets a pod that was to go and did not say so no longer", async () => {
    const world = await start({ maxUnavailable: 1 }, 2);
    const [mine = "", kubelets = ""] = await world.podNames();
    const { client, clock } = world;
    const mark = (name: string, reason: string) =>
      client.patch(
        pods,
        { namespace: "shop", name },
        {
          type: "strategic",
          subresource: "status",
          body: {
            status: {
              conditions: [
                { type: "DisruptionTarget", status: "True", reason, lastTransitionTime: formatTime(clock.now()) },
              ],
            },
          },
        },
      );
    await mark(mine, "EvictionByEvictionAPI");
    await mark(kubelets, "TerminationByKubelet");
    const said = async (name: string) => {
      const { status } = await client.get(pods, { namespace: "shop", name });
      const condition = status?.conditions?.find(({ type }) => type === "DisruptionTarget");
      return [condition?.status, condition?.reason];
    };
    await world.pass(110_000);
    assert.deepEqual(await said(mine), ["True", "EvictionByEvictionAPI"]);
    await world.pass(20_000);
    assert.deepEqual(await said(mine), ["False", undefined]);
    assert.deepEqual(await said(kubelets), ["True", "TerminationByKubelet"]);
    await world.close();
  });
});
