import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { OwnerReference } from "../../src/api/generated/meta/v1.ts";
import {
  configMaps,
  deployments,
  namespaces,
  pods,
  replicaSets,
  replicationControllers,
  services,
} from "../../src/api/generated/resources.ts";
import { isNotFound } from "../../src/api/status.ts";
import { startWorld } from "../controllers/world.ts";

const CONTROLLERS = [
  "deployment-controller",
  "replicaset-controller",
  "replicationcontroller-controller",
  "garbage-collector-controller",
  "namespace-controller",
];
const NAME = { namespace: "shop", name: "web" };
const labels = { app: "web" };
const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "a:1" }] } };

async function start() {
  const world = await startWorld({ controllers: CONTROLLERS });
  const { client } = world;
  return {
    ...world,
    deployment: async (replicas: number) => {
      await client.create(deployments, {
        metadata: { ...NAME },
        spec: { replicas, selector: { matchLabels: labels }, template },
      });
      await world.pass(2000);
    },
    replicationController: async (replicas: number) => {
      await client.create(replicationControllers, { metadata: { ...NAME }, spec: { replicas, template } });
      await world.pass(2000);
    },
    sets: async () => (await client.list(replicaSets, { namespace: "shop" })).items,
    /** A pod by hand, that runs and belongs to these. */
    pod: (name: string, ownerReferences?: OwnerReference[]) =>
      client.create(pods, {
        ...template,
        metadata: { namespace: "shop", name, ...(ownerReferences && { ownerReferences }) },
      }),
  };
}

const ownerOf = ({ metadata }: { metadata?: { name?: string; uid?: string } }, more: Partial<OwnerReference> = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  name: metadata!.name!,
  uid: metadata!.uid!,
  ...more,
});

describe("deletion as upstream's suite sees it", () => {
  it("Background: a deployment goes at once, then its replica set and pods", async () => {
    const world = await start();
    await world.deployment(2);
    assert.equal((await world.podNames()).length, 2);
    await world.client.delete(deployments, NAME, { propagationPolicy: "Background" });
    await assert.rejects(world.client.get(deployments, NAME), isNotFound);
    await world.pass(60_000);
    assert.deepEqual([await world.sets(), await world.podNames()], [[], []]);
    await world.close();
  });

  it("Orphan: a deployment's replica set stays, without an owner, and so do its pods", async () => {
    const world = await start();
    await world.deployment(2);
    await world.client.delete(deployments, NAME, { propagationPolicy: "Orphan" });
    await world.pass(60_000);
    await assert.rejects(world.client.get(deployments, NAME), isNotFound);
    const [set] = await world.sets();
    assert.equal(set?.metadata?.ownerReferences, undefined);
    assert.equal((await world.podNames()).length, 2);
    await world.close();
  });

  it("Background and Orphan: the pods of a replication controller", async () => {
    for (const [propagationPolicy, left] of [
      ["Background", 0],
      ["Orphan", 3],
    ] as const) {
      const world = await start();
      await world.replicationController(3);
      await world.client.delete(replicationControllers, NAME, { propagationPolicy });
      await world.pass(60_000);
      await assert.rejects(world.client.get(replicationControllers, NAME), isNotFound);
      assert.equal((await world.podNames()).length, left, propagationPolicy);
      await world.close();
    }
  });

  it("Foreground: a replication controller stays until all its pods are gone", async () => {
    const world = await start();
    await world.replicationController(10);
    const [held] = await world.podNames();
    const at = { namespace: "shop", name: held! };
    await world.client.patch(pods, at, { type: "merge", body: { metadata: { finalizers: ["test.example/hold"] } } });
    await world.client.delete(replicationControllers, NAME, { propagationPolicy: "Foreground" });
    await world.pass(60_000);
    const { metadata } = await world.client.get(replicationControllers, NAME);
    assert.deepEqual(metadata?.finalizers, ["foregroundDeletion"]);
    assert.deepEqual(await world.podNames(), [held]);
    await world.client.patch(pods, at, { type: "merge", body: { metadata: { finalizers: null } } });
    await world.pass(60_000);
    await assert.rejects(world.client.get(replicationControllers, NAME), isNotFound);
    await world.close();
  });

  it("Foreground: who has a second owner that is well stays, with that one", async () => {
    const world = await start();
    await world.replicationController(4);
    const stays = await world.client.create(configMaps, { metadata: { namespace: "shop", name: "stays" } });
    for (const name of (await world.podNames()).slice(0, 2)) {
      const { metadata } = await world.client.get(pods, { namespace: "shop", name });
      const ownerReferences = [...metadata!.ownerReferences!, ownerOf(stays, { kind: "ConfigMap" })];
      await world.client.patch(
        pods,
        { namespace: "shop", name },
        { type: "merge", body: { metadata: { ownerReferences } } },
      );
    }
    await world.client.delete(replicationControllers, NAME, { propagationPolicy: "Foreground" });
    await world.pass(120_000);
    await assert.rejects(world.client.get(replicationControllers, NAME), isNotFound);
    const left = await world.pods();
    assert.deepEqual(
      left.map(({ metadata }) => metadata?.ownerReferences?.map(({ name }) => name)),
      [["stays"], ["stays"]],
    );
    await world.close();
  });

  it("three pods that own each other in a circle do not hold each other", async () => {
    const world = await start();
    const made = [await world.pod("one"), await world.pod("two"), await world.pod("three")];
    for (const [index, { metadata }] of made.entries()) {
      const ownerReferences = [ownerOf(made[(index + 2) % 3]!, { controller: true, blockOwnerDeletion: true })];
      const at = { namespace: "shop", name: metadata!.name! };
      await world.client.patch(pods, at, { type: "merge", body: { metadata: { ownerReferences } } });
    }
    await world.pass(1000);
    await world.client.delete(pods, { namespace: "shop", name: "one" }, { propagationPolicy: "Foreground" });
    await world.pass(120_000);
    assert.deepEqual(await world.podNames(), []);
    await world.close();
  });

  it("a namespace takes its pods and services along, pods first, and waits for whoever holds one", async () => {
    const world = await start();
    const { client } = world;
    await world.pod("held");
    await client.patch(
      pods,
      { namespace: "shop", name: "held" },
      { type: "merge", body: { metadata: { finalizers: ["test.example/hold"] } } },
    );
    await client.create(services, { metadata: { ...NAME }, spec: { ports: [{ port: 80 }] } });
    await client.delete(namespaces, { name: "shop" });
    await world.pass(60_000);
    // Pods may need what else is in the namespace as they end.
    assert.deepEqual(await world.podNames(), ["held"]);
    assert.equal((await client.list(services, { namespace: "shop" })).items.length, 1);
    const { status } = await client.get(namespaces, { name: "shop" });
    assert.equal(status?.phase, "Terminating");
    const remaining = status?.conditions?.find(({ type }) => type === "NamespaceFinalizersRemaining");
    assert.match(remaining?.message ?? "", /test\.example\/hold in 1 resource instances/);
    await client.patch(
      pods,
      { namespace: "shop", name: "held" },
      { type: "merge", body: { metadata: { finalizers: null } } },
    );
    await world.pass(120_000);
    await assert.rejects(client.get(namespaces, { name: "shop" }), isNotFound);
    await world.close();
  });
});
