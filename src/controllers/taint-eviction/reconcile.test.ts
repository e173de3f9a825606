import assert from "node:assert/strict";
import { test } from "node:test";
import type { Toleration } from "../../api/generated/core/v1.ts";
import { nodes, pods } from "../../api/generated/resources.ts";
import type { AnyObject } from "../../api/meta.ts";
import { startScripted } from "../scripted-controller.ts";
import { toleratedMs } from "./plan.ts";
import { taintEvictionController } from "./reconcile.ts";

const UNREACHABLE = { key: "node.kubernetes.io/unreachable", effect: "NoExecute" };
const forSeconds = (tolerationSeconds: number): Toleration => ({
  key: UNREACHABLE.key,
  operator: "Exists",
  effect: "NoExecute",
  tolerationSeconds,
});

test("how long a pod may stay", () => {
  const other = { key: "other", effect: "NoExecute" };
  const expected: [string, Toleration[], number][] = [
    ["nothing tolerated", [], 0],
    ["for a while", [forSeconds(300)], 300_000],
    ["a negative while", [forSeconds(-1)], 0],
    ["for good", [{ operator: "Exists" }], Number.POSITIVE_INFINITY],
    ["the first that fits counts", [forSeconds(5), { operator: "Exists" }], 5_000],
  ];
  for (const [name, tolerations, stay] of expected) assert.equal(toleratedMs([UNREACHABLE], tolerations), stay, name);
  assert.equal(toleratedMs([UNREACHABLE, other], [forSeconds(300)]), 0);
});

const node = (taints: object[]): AnyObject => ({ metadata: { name: "n", uid: "n" }, spec: { taints } });
const pod: AnyObject = {
  metadata: { name: "web", namespace: "default", uid: "web" },
  spec: { nodeName: "n", tolerations: [forSeconds(300)] },
};

test("a pod leaves when its toleration has run out", async () => {
  const controller = await startScripted(taintEvictionController, [
    [nodes, node([])],
    [pods, pod],
  ]);
  await controller.push(nodes, node([UNREACHABLE]));
  await controller.clock.advance(299_000);
  assert.deepEqual(controller.writes(), []);
  await controller.clock.advance(1_000);
  assert.deepEqual(controller.writes(), ["PATCH pods/web/status", "DELETE pods/web"]);
  assert.deepEqual(controller.told, ["TaintManagerEviction: Marking for deletion Pod default/web"]);
  await controller.stop();
});

test("a pod stays when the taint goes in time", async () => {
  const controller = await startScripted(taintEvictionController, [
    [nodes, node([UNREACHABLE])],
    [pods, pod],
  ]);
  await controller.clock.advance(299_000);
  await controller.push(nodes, node([]));
  await controller.clock.advance(600_000);
  assert.deepEqual(controller.writes(), []);
  assert.deepEqual(controller.told, ["TaintManagerEviction: Cancelling deletion of Pod default/web"]);
  await controller.stop();
});
