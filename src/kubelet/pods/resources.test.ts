import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod, PodSpec, ResourceRequirements } from "../../api/generated/core/v1.ts";
import {
  containerResources,
  cpuQuota,
  cpuShares,
  oomScoreAdjust,
  podLimits,
  podRequests,
  qosClass,
} from "./resources.ts";

const container = (name: string, resources?: ResourceRequirements, more: Partial<Container> = {}): Container => ({
  name,
  resources,
  ...more,
});
const pod = (containers: Container[], more: Partial<PodSpec> = {}): Pod => ({ spec: { containers, ...more } });
const both = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });

for (const [name, subject, wanted] of [
  ["nothing", pod([container("a")]), "BestEffort"],
  ["only other resources", pod([container("a", { requests: { "example.com/gpu": "1" } })]), "BestEffort"],
  ["limits equal to requests", pod([container("a", both("1", "1Gi"))]), "Guaranteed"],
  [
    "equal values written otherwise",
    pod([container("a", { requests: { cpu: "1000m", memory: "1024Mi" }, limits: { cpu: "1", memory: "1Gi" } })]),
    "Guaranteed",
  ],
  ["one container without", pod([container("a", both("1", "1Gi")), container("b")]), "Burstable"],
  ["a request", pod([container("a", { requests: { memory: "1Mi" } })]), "Burstable"],
  ["memory without cpu", pod([container("a", { limits: { memory: "1Mi" } })]), "Burstable"],
] as const) {
  test(`quality of service with ${name}`, () => assert.equal(qosClass(subject), wanted));
}

test("cpu becomes shares and quota", () => {
  assert.deepEqual([0, 1, 100, 1000, 1_000_000].map(cpuShares), [2, 2, 102, 1024, 262_144]);
  assert.deepEqual([0, 5, 500, 2000].map(cpuQuota), [0, 1000, 50_000, 200_000]);
});

test("the oom score follows the quality of service", () => {
  const gib = 1024 ** 3;
  const score = (subject: Pod) => oomScoreAdjust(subject, subject.spec!.containers[0]!, 4 * gib);
  assert.equal(score(pod([container("a", both("1", "1Gi"))])), -997);
  assert.equal(score(pod([container("a")])), 1000);
  assert.equal(score(pod([container("a", { requests: { memory: "1Gi" } })])), 750);
  assert.equal(score(pod([container("a", { requests: { memory: "4Gi", cpu: "1" } })])), 3);
  assert.equal(score(pod([container("a", { requests: { cpu: "1" } })])), 999);
});

test("a container's limits as the runtime takes them", () => {
  const subject = pod([container("a", { requests: { cpu: "250m" }, limits: { cpu: "500m", memory: "64Mi" } })]);
  assert.deepEqual(containerResources(subject, subject.spec!.containers[0]!, 1024 ** 3), {
    cpuShares: 256,
    cpuPeriod: 100_000,
    cpuQuota: 50_000,
    memoryLimitInBytes: 64 * 1024 ** 2,
    oomScoreAdj: 999,
  });
});

test("a pod asks for the sum of its containers, or for what its init containers need at their peak", () => {
  const cpu = (amount: string): ResourceRequirements => ({ requests: { cpu: amount } });
  const plain = pod([container("a", cpu("1")), container("b", cpu("500m"))]);
  assert.equal(podRequests(plain).cpu, 1500);
  const init = [
    container("i", cpu("4")),
    container("s", cpu("1"), { restartPolicy: "Always" }),
    container("j", cpu("2")),
  ];
  assert.equal(podRequests(pod([container("a", cpu("1"))], { initContainers: init })).cpu, 4000);
  const late = [container("s", cpu("1"), { restartPolicy: "Always" }), container("j", cpu("4"))];
  assert.equal(podRequests(pod([container("a", cpu("1"))], { initContainers: late })).cpu, 5000);
  assert.equal(podRequests(pod([container("a", cpu("1"))], { overhead: { cpu: "100m" } })).cpu, 1100);
});

test("a pod is limited where all its containers are", () => {
  const limits = { limits: { cpu: "1", memory: "1Gi" } };
  assert.deepEqual(podLimits(pod([container("a", limits), container("b", { limits: { cpu: "1" } })])), { cpu: 2000 });
});
