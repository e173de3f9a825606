import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../src/api/generated/core/v1.ts";
import { nodes, pods } from "../../src/api/generated/resources.ts";
import { startWorld } from "./world.ts";

const namespace = "shop";
const container = {
  name: "main",
  image: "web",
  ports: [{ containerPort: 80 }, { containerPort: 80, protocol: "TCP" }],
  env: [
    { name: "SAME", value: "one" },
    { name: "SAME", value: "two" },
  ],
};
const held = (name: string, nodeName: string): Pod => ({
  metadata: { name, namespace, finalizers: ["example.com/hold"] },
  spec: { nodeName, containers: [container] },
});

test("pods whose node is gone or out of service fail, with what is said of it; their finalizers still hold them", async () => {
  const world = await startWorld({ controllers: ["pod-garbage-collector-controller"], nodes: ["here", "out"] });
  const { client } = world;
  // Nobody runs the pods of nodes that are not there.
  await client.create(pods, held("orphan", "gone"));
  await client.create(pods, held("left", "out"));
  await world.pass(1_000);
  const spec = { taints: [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }] };
  await client.patch(nodes, { name: "out" }, { type: "merge", body: { spec } });
  await client.delete(pods, { namespace, name: "left" }, { gracePeriodSeconds: 300 });
  await world.pass(120_000);
  const told = async (name: string) => {
    const { metadata, status } = await client.get(pods, { namespace, name });
    const condition = status?.conditions?.find(({ type }) => type === "DisruptionTarget");
    const { phase, observedGeneration } = status ?? {};
    assert.equal(metadata?.deletionGracePeriodSeconds, 0);
    return [phase, observedGeneration !== undefined, condition?.reason, condition?.message];
  };
  assert.deepEqual(await told("orphan"), ["Failed", true, "DeletionByPodGC", "PodGC: node no longer exists"]);
  assert.deepEqual(await told("left"), ["Failed", true, undefined, undefined]);
  await world.close();
});
