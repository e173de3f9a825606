import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerResizePolicy, ResourceRequirements } from "../../api/generated/core/v1.ts";
import { containerResize } from "./container-resize.ts";

type Amounts = [cpu: string, memory: string, cpuLimit?: string, memoryLimit?: string];
const resources = ([cpu, memory, cpuLimit, memoryLimit]: Amounts): ResourceRequirements => ({
  requests: { cpu, memory },
  limits: { ...(cpuLimit && { cpu: cpuLimit }), ...(memoryLimit && { memory: memoryLimit }) },
});
const restartFor = (resourceName: string): ContainerResizePolicy[] => [
  { resourceName, restartPolicy: "RestartContainer" },
];

for (const [what, from, to, expected] of [
  ["nothing", ["1", "1Gi", "2", "2Gi"], ["1", "1Gi", "2", "2Gi"], "cpu 0, memory 0"],
  ["the same, written otherwise", ["1", "1Gi"], ["1000m", "1024Mi"], "cpu 0, memory 0"],
  ["more of a request", ["1", "1Gi"], ["2", "1Gi"], "cpu 1, memory 0"],
  ["a lower limit and a higher request", ["1", "1Gi", "4"], ["2", "1Gi", "3"], "cpu -1, memory 0"],
  ["a first limit", ["1", "1Gi"], ["1", "1Gi", "2", "2Gi"], "cpu -1, memory -1"],
  ["less of a request for memory", ["1", "2Gi"], ["1", "1Gi"], "cpu 0, memory -1"],
  ["a limit below what the kernel can tell", ["2m", "1Gi", "10m"], ["1m", "1Gi", "5m"], "cpu 0, memory 0"],
  ["a limit just above it", ["2m", "1Gi", "10m"], ["3m", "1Gi", "11m"], "cpu 1, memory 0"],
] as [string, Amounts, Amounts, string][]) {
  test(`from what a container has to what it shall have: ${what}`, () => {
    const { cpu, memory, restarts } = containerResize({ name: "a", resources: resources(to) }, resources(from));
    assert.equal(`cpu ${cpu}, memory ${memory}`, expected);
    assert.equal(restarts, false);
  });
}

for (const [what, resourceName, to, expected] of [
  ["of the resource that changes", "cpu", ["2", "1Gi"], true],
  ["of the resource that changes, if only its request", "memory", ["1", "2Gi"], true],
  ["of another resource", "memory", ["2", "1Gi"], false],
] as [string, string, Amounts, boolean][]) {
  test(`a policy to restart ${what}`, () => {
    const container = { name: "a", resources: resources(to), resizePolicy: restartFor(resourceName) };
    assert.equal(containerResize(container, resources(["1", "1Gi"])).restarts, expected);
  });
}
