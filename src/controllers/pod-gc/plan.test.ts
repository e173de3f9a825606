import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import { nodes, pods } from "../../api/generated/resources.ts";
import { formatTime } from "../../base/clock.ts";
import { startScripted } from "../scripted-controller.ts";
import { isSuspect, planCollection } from "./plan.ts";
import { podGarbageCollector } from "./reconcile.ts";

interface Facts {
  nodeName?: string;
  phase?: string;
  evicted?: boolean;
  beingDeleted?: boolean;
  createdSecond?: number;
}

const pod = (name: string, of: Facts = {}): Pod => ({
  metadata: {
    namespace: "default",
    name,
    uid: name,
    creationTimestamp: formatTime((of.createdSecond ?? 0) * 1000),
    ...(of.beingDeleted ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
  },
  spec: { nodeName: of.nodeName ?? "here", containers: [] },
  status: { phase: of.phase ?? "Running", ...(of.evicted ? { reason: "Evicted" } : {}) },
});
const knowledge = { exists: (name: string) => name !== "gone", outOfService: (name: string) => name === "out" };

const cases: { name: string; pods: Pod[]; threshold?: number; collected: string[] }[] = [
  { name: "a running pod stays", pods: [pod("a")], collected: [] },
  { name: "a pod of a node that is gone", pods: [pod("a", { nodeName: "gone" })], collected: ["a"] },
  { name: "a pod that waits for a node stays", pods: [pod("a", { nodeName: "" })], collected: [] },
  {
    name: "one that is deleted meanwhile goes",
    pods: [pod("a", { nodeName: "", beingDeleted: true })],
    collected: ["a"],
  },
  {
    name: "a deleted pod on a node out of service",
    pods: [pod("a", { nodeName: "out", beingDeleted: true }), pod("b", { nodeName: "out" })],
    collected: ["a"],
  },
  {
    name: "too many ended pods: evicted ones first, then the oldest",
    pods: [
      pod("new", { phase: "Succeeded", createdSecond: 3 }),
      pod("old", { phase: "Failed", createdSecond: 1 }),
      pod("evicted", { phase: "Failed", createdSecond: 2, evicted: true }),
      pod("running", { createdSecond: 0 }),
    ],
    threshold: 1,
    collected: ["evicted", "old"],
  },
];
for (const { name, pods: of, threshold, collected } of cases) {
  test(`pod gc: ${name}`, () => {
    const suspects = of.filter((each) => isSuspect(each, knowledge.exists));
    const plan = planCollection(suspects, knowledge, threshold);
    assert.deepEqual(planCollection(of, knowledge, threshold), plan);
    assert.deepEqual(
      plan.map((each) => each.pod.metadata?.name),
      collected,
    );
  });
}

test("pods of a node go when it has been away for 40 seconds", async () => {
  const lost = {
    metadata: { name: "web", namespace: "default", uid: "web" },
    spec: { nodeName: "n" },
    status: { phase: "Running" },
  };
  const node = { metadata: { name: "n", uid: "n" } };
  const controller = await startScripted(podGarbageCollector, [
    [pods, lost],
    [nodes, node],
  ]);
  await controller.clock.advance(60_000);
  await controller.push(nodes, node, "DELETED");
  await controller.clock.advance(39_000);
  assert.deepEqual(controller.writes(), []);
  await controller.clock.advance(1_000);
  assert.deepEqual(controller.writes(), ["PATCH pods/web/status", "DELETE pods/web"]);
  await controller.stop();
});
