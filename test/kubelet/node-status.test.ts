import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Node, NodeCondition } from "../../src/api/generated/core/v1.ts";
import { nodes, pods } from "../../src/api/generated/resources.ts";
import { isReady, NODE, startWorld, type World } from "./world.ts";

let world: World;
afterEach(() => world.close());

const conditionsOf = ({ status }: Node): Map<string, NodeCondition> =>
  new Map(status?.conditions?.map((condition) => [condition.type, condition]));
const current = (): Promise<Node> => world.client.get(nodes, { name: NODE });
const patchStatus = (status: object): Promise<Node> =>
  world.client.patch(nodes, { name: NODE }, { type: "strategic", body: { status }, subresource: "status" });

test("a kubelet that was taken for lost says that it is there", async () => {
  world = await startWorld();
  const well = conditionsOf(await current());
  assert.equal(well.get("Ready")?.status, "True");
  // What node lifecycle writes of a node that has been silent.
  const unknown = { status: "Unknown", reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status." };
  await patchStatus({ conditions: [...well.keys()].map((type) => ({ type, ...unknown })) });
  await world.clock.advance(11_000);
  const again = conditionsOf(await current());
  assert.deepEqual(
    [...again.values()].map(({ type, status }) => [type, status]),
    [...well.values()].map(({ type, status }) => [type, status]),
  );
  assert.equal(again.get("Ready")?.reason, "KubeletReady");
  assert.notEqual(again.get("Ready")?.lastTransitionTime, well.get("Ready")?.lastTransitionTime);
  assert.ok((await world.events(NODE)).some((event) => event.startsWith("Normal NodeReady")));
});

test("what others write of the node beside the kubelet stays, and is no reason to write", async () => {
  world = await startWorld();
  await patchStatus({ conditions: [{ type: "KernelDeadlock", status: "False", reason: "KernelHasNoDeadlock" }] });
  await world.clock.advance(11_000);
  const before = await current();
  await world.client.patch(nodes, { name: NODE }, { type: "merge", body: { metadata: { labels: { rack: "7" } } } });
  await world.clock.advance(25_000);
  const after = await current();
  assert.equal(conditionsOf(after).get("KernelDeadlock")?.status, "False");
  assert.deepEqual(after.status, before.status);
});

test("a pod that was taken for not ready with its node is ready again", async () => {
  world = await startWorld();
  await world.create("web");
  await world.until("web", isReady);
  // What node lifecycle writes of the pods of a node that is lost.
  const body = { status: { conditions: [{ type: "Ready", status: "False" }] } };
  const target = { namespace: "default", name: "web" };
  const patched = await world.client.patch(pods, target, { type: "strategic", body, subresource: "status" });
  assert.ok(!isReady(patched));
  await world.until("web", isReady, 15_000);
});
