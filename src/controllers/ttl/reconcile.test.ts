import assert from "node:assert/strict";
import { test } from "node:test";
import { nodes } from "../../api/generated/resources.ts";
import { startScripted } from "../scripted-controller.ts";
import { ttlController } from "./reconcile.ts";

test("the nodes that are there are counted", async () => {
  const node = (index: number) => ({ metadata: { name: `node-${index}`, uid: `${index}` } });
  const hundred = Array.from({ length: 100 }, (_, index) => [nodes, node(index)] as const);
  const controller = await startScripted(ttlController, hundred);
  const ttlOf = (body: unknown): unknown =>
    (body as { metadata: { annotations: Record<string, string> } }).metadata.annotations[
      "node.alpha.kubernetes.io/ttl"
    ];
  assert.deepEqual(new Set(controller.bodies.map(ttlOf)), new Set(["0"]));
  await controller.push(nodes, node(100), "ADDED");
  assert.equal(ttlOf(controller.bodies.at(-1)), "15");
  for (let index = 0; index < 12; index++) await controller.push(nodes, node(index), "DELETED");
  await controller.push(nodes, node(50));
  assert.equal(ttlOf(controller.bodies.at(-1)), "0");
  await controller.stop();
});
