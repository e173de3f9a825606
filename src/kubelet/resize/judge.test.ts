import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, ResourceRequirements } from "../../api/generated/core/v1.ts";
import { judgeResize } from "./judge.ts";

const MIB = 1024 ** 2;
const ALLOCATABLE = { cpu: 2000, memory: 1000 * MIB, pods: 10, "ephemeral-storage": 1e9 };

const pod = (requests: Record<string, string>, whole?: ResourceRequirements): Pod => ({
  spec: { containers: [{ name: "a", resources: { requests } }], ...(whole && { resources: whole }) },
});
const judge = (wanted: Pod, others: Pod[] = [], allocated = pod({ cpu: "100m" })): string => {
  const input = { node: undefined, others, allocatable: ALLOCATABLE, enforcesAppArmor: false };
  const refusal = judgeResize({ wanted, allocated }, input);
  return refusal === undefined ? "fits" : `${refusal.reason}: ${refusal.message}`;
};

for (const [what, answer, expected] of [
  ["all of the node", judge(pod({ cpu: "2", memory: "1000Mi" })), "fits"],
  [
    "more processor than the node has",
    judge(pod({ cpu: "2001m", memory: "1000Mi" })),
    "Infeasible: Node didn't have enough capacity: cpu, requested: 2001, capacity: 2000",
  ],
  [
    "more of everything than the node has",
    judge(pod({ cpu: "3", memory: "1001Mi" })),
    `Infeasible: Node didn't have enough capacity: memory, requested: ${1001 * MIB}, capacity: ${1000 * MIB}`,
  ],
  [
    "more than others leave",
    judge(pod({ cpu: "1500m" }), [pod({ cpu: "600m" })]),
    "Deferred: Node didn't have enough resource: cpu, requested: 1500, used: 600, capacity: 2000",
  ],
  ["what others leave", judge(pod({ cpu: "1400m" }), [pod({ cpu: "600m" })]), "fits"],
  [
    "other resources for the pod as a whole",
    judge(pod({ cpu: "100m" }, { requests: { cpu: "1" } })),
    "Infeasible: InPlacePodLevelResourcesVerticalScaling is disabled",
  ],
] as const) {
  test(`a resize to ${what}`, () => assert.equal(answer, expected));
}
