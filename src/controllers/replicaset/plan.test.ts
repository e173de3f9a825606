import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BURST_REPLICAS, planReplicas } from "./plan.ts";
import { buildPod, NOW_MS, type PodFacts } from "./replica-builders.ts";

const MINUTE_MS = 60_000;

describe("replica plan", () => {
  for (const [have, wanted, create, remove] of [
    [0, 3, 3, 0],
    [3, 3, 0, 0],
    [3, 1, 0, 2],
    [3, 0, 0, 3],
    [0, 900, BURST_REPLICAS, 0],
    [700, 0, 0, BURST_REPLICAS],
  ] as const) {
    it(`${have} pods, ${wanted} wanted: ${create} more, ${remove} less`, () => {
      const active = Array.from({ length: have }, (_, index) => buildPod({ name: `p${index}` }));
      const plan = planReplicas({ wanted, active, related: () => active, nowMs: NOW_MS });
      assert.equal(plan.create, create);
      assert.equal(plan.delete.length, remove);
    });
  }

  /** The first of each pair goes before the second, which differs in one thing only. */
  const first: readonly [string, PodFacts, PodFacts, PodFacts?][] = [
    ["unassigned", { name: "z", node: "" }, { name: "a", phase: "Pending", ready: false }],
    ["pending", { name: "z", phase: "Pending" }, { name: "a", ready: false }],
    ["unknown before running", { name: "z", phase: "Unknown", ready: false }, { name: "a", ready: false }],
    ["not ready", { name: "z", ready: false, cost: "10" }, { name: "a", cost: "-10" }],
    ["cheaper", { name: "z", cost: "-1" }, { name: "a" }],
    ["a malformed cost is none", { name: "z", cost: "1" }, { name: "a", cost: "2" }],
    ["doubled up on its node", { name: "z", node: "n2" }, { name: "a", node: "n1" }, { name: "other", node: "n2" }],
    ["ready for less time", { name: "z", readyForMs: MINUTE_MS }, { name: "a" }],
    ["more restarts", { name: "z", restarts: 3 }, { name: "a", restarts: 1 }],
    ["younger", { name: "z", createdForMs: MINUTE_MS }, { name: "a" }],
    [
      "about as old: by uid",
      { name: "z", uid: "1", createdForMs: 3_600_000 },
      { name: "a", uid: "2", createdForMs: 3_000_000 },
    ],
  ];
  for (const [what, goes, stays, other] of first) {
    it(`gives up first what is ${what}`, () => {
      const active = [buildPod(stays), buildPod(goes)];
      const related = other === undefined ? active : [...active, buildPod(other)];
      const plan = planReplicas({ wanted: 1, active, related: () => related, nowMs: NOW_MS });
      assert.deepEqual(
        plan.delete.map((pod) => pod.metadata?.name),
        [goes.name],
      );
    });
  }
});
