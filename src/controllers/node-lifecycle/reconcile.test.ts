import assert from "node:assert/strict";
import { test } from "node:test";
import { leases, nodes, pods } from "../../api/generated/resources.ts";
import type { AnyObject } from "../../api/meta.ts";
import { startScripted } from "../scripted-controller.ts";
import { nodeLifecycleController } from "./reconcile.ts";

const node = (name: string, ready: string, taints: object[] = []): AnyObject => ({
  metadata: { name, uid: name, resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" },
  spec: { taints },
  status: { conditions: [{ type: "Ready", status: ready, lastHeartbeatTime: "2026-01-01T00:00:00Z" }] },
});
const lease = (name: string, renewTime: string): AnyObject => ({
  metadata: { name, namespace: "kube-node-lease", resourceVersion: "1" },
  spec: { renewTime },
});

test("a node whose lease is renewed is well; one that is silent for 50 seconds is not", async () => {
  const controller = await startScripted(nodeLifecycleController, [
    [nodes, node("a", "True")],
    [nodes, node("b", "True")],
    [leases, lease("a", "2026-01-01T00:00:00Z")],
  ]);
  await controller.clock.advance(40_000);
  await controller.push(leases, lease("a", "2026-01-01T00:00:40Z"));
  await controller.clock.advance(9_000);
  assert.deepEqual(controller.writes(), []);
  await controller.clock.advance(1_000);
  assert.deepEqual(controller.writes(), ["PUT nodes/b/status"]);
  const { status } = controller.bodies[0] as { status: { conditions: { type: string; status: string }[] } };
  assert.equal(status.conditions[0]?.status, "Unknown");
  await controller.stop();
});

test("a node that stops being ready is tainted, and its pods are no longer ready", async () => {
  const pod: AnyObject = {
    metadata: { name: "web", namespace: "default", uid: "web" },
    spec: { nodeName: "b" },
    status: { conditions: [{ type: "Ready", status: "True" }] },
  };
  const controller = await startScripted(nodeLifecycleController, [
    [nodes, node("a", "True")],
    [nodes, node("b", "True")],
    [pods, pod],
  ]);
  await controller.push(nodes, node("b", "Unknown"));
  assert.deepEqual(controller.writes(), ["PATCH nodes/b", "PATCH pods/web/status"]);
  const { spec } = controller.bodies[0] as { spec: { taints: { key: string; effect: string }[] } };
  assert.deepEqual(
    spec.taints.map(({ key, effect }) => `${key}:${effect}`),
    ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"],
  );
  assert.ok(controller.told.includes("NodeNotReady: Node b status is now: NodeNotReady"));
  await controller.stop();
});

test("the only node is not driven empty, and is clean again at once when it is ready", async () => {
  const controller = await startScripted(nodeLifecycleController, [[nodes, node("a", "False")]]);
  const { spec } = controller.bodies[0] as { spec: { taints: { key: string; effect: string }[] } };
  assert.deepEqual(
    spec.taints.map(({ effect }) => effect),
    ["NoSchedule"],
  );
  await controller.push(nodes, node("a", "True", spec.taints));
  assert.deepEqual((controller.bodies[1] as (typeof controller.bodies)[0] as { spec: object }).spec, { taints: [] });
  await controller.stop();
});
