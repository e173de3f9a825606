import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import type { PodDisruptionBudget } from "../../api/generated/policy/v1.ts";
import { expectation, failSafe, planStatus, stillDisrupted } from "./plan.ts";

const NOW = "2026-01-01T00:10:00Z";
const nowMs = Date.parse(NOW);

function pod(name: string, more: { ready?: boolean; deleting?: boolean } = {}): Pod {
  return {
    metadata: { name, namespace: "shop", ...(more.deleting ? { deletionTimestamp: NOW } : {}) },
    status: { conditions: [{ type: "Ready", status: more.ready === false ? "False" : "True" }] },
  };
}

function budget(spec: PodDisruptionBudget["spec"], disruptedPods: Record<string, string> = {}): PodDisruptionBudget {
  return { metadata: { name: "b", namespace: "shop", generation: 3 }, spec, status: { disruptedPods } as never };
}

for (const [spec, pods, scale, expectedPods, desiredHealthy] of [
  [{ minAvailable: 2 }, 5, 0, 5, 2],
  [{ minAvailable: "50%" }, 5, 7, 7, 4],
  [{ maxUnavailable: 1 }, 5, 7, 7, 6],
  [{ maxUnavailable: "30%" }, 5, 7, 7, 4],
  [{ maxUnavailable: 9 }, 5, 7, 7, 0],
  [{}, 5, 7, 0, 0],
] as const) {
  test(`${JSON.stringify(spec)} of ${pods} pods, wanted ${scale}: ${desiredHealthy} of ${expectedPods} healthy`, () => {
    assert.deepEqual(expectation(budget(spec), pods, scale), { expectedPods, desiredHealthy });
  });
}

for (const [what, pods, disruptedPods, healthy, allowed] of [
  ["all healthy", [pod("a"), pod("b"), pod("c")], {}, 3, 2],
  ["one not ready", [pod("a"), pod("b"), pod("c", { ready: false })], {}, 2, 1],
  ["one going", [pod("a"), pod("b"), pod("c", { deleting: true })], {}, 2, 1],
  ["one evicted", [pod("a"), pod("b"), pod("c")], { c: "2026-01-01T00:09:00Z" }, 2, 1],
  ["one evicted long ago, and still here", [pod("a"), pod("b"), pod("c")], { c: "2026-01-01T00:07:59Z" }, 3, 2],
  ["only one", [pod("a")], {}, 1, 0],
  ["none", [], {}, 0, 0],
] as const) {
  test(`${what}: ${healthy} healthy, ${allowed} may go`, () => {
    const of = budget({ minAvailable: 1 }, disruptedPods);
    const status = planStatus(of, {
      pods,
      disrupted: stillDisrupted(of, pods, nowMs),
      expectation: expectation(of, pods.length, 0),
      nowMs,
    });
    assert.equal(status.currentHealthy, healthy);
    assert.equal(status.disruptionsAllowed, allowed);
    assert.equal(status.observedGeneration, 3);
    const [condition] = status.conditions!;
    assert.equal(condition!.type, "DisruptionAllowed");
    assert.equal(condition!.reason, allowed > 0 ? "SufficientPods" : "InsufficientPods");
  });
}

test("an evicted pod is looked at again when its time is over; a deleted one is forgotten", () => {
  const of = budget({ minAvailable: 1 }, { a: "2026-01-01T00:09:00Z", b: "2026-01-01T00:09:30Z", gone: NOW });
  const disrupted = stillDisrupted(of, [pod("a"), pod("b", { deleting: true })], nowMs);
  assert.deepEqual(disrupted, { pods: { a: "2026-01-01T00:09:00Z" }, overdue: [], recheckMs: 60_000 });
});

test("what cannot be counted may not be disrupted", () => {
  const of = { ...budget({ maxUnavailable: 1 }), status: { disruptionsAllowed: 2, currentHealthy: 3 } } as never;
  const status = failSafe(of, 'found no controllers for pod "a"', nowMs);
  assert.equal(status.disruptionsAllowed, 0);
  assert.equal(status.currentHealthy, 3);
  assert.equal(status.conditions![0]!.reason, "SyncFailed");
});
