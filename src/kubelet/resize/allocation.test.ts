import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod } from "../../api/generated/core/v1.ts";
import { allocationOf, withAllocation } from "./allocation.ts";

const container = (name: string, cpu?: string, more: Partial<Container> = {}): Container => ({
  name,
  ...(cpu && { resources: { requests: { cpu } } }),
  ...more,
});
const sidecar = (cpu: string): Container => container("side", cpu, { restartPolicy: "Always" });
const pod = (containers: Container[], initContainers?: Container[], cpu?: string): Pod => ({
  metadata: { generation: 2 },
  spec: { containers, ...(initContainers && { initContainers }), ...(cpu && { resources: { requests: { cpu } } }) },
});

for (const [what, now, before, expected] of [
  [
    "a container",
    pod([container("a", "2"), container("b", "1")]),
    pod([container("a", "1"), container("b", "1")]),
    "a",
  ],
  ["a sidecar", pod([container("a")], [sidecar("2")]), pod([container("a")], [sidecar("1")]), "side"],
  ["a container that had nothing", pod([container("a", "2")]), pod([container("a")]), "a"],
  ["the pod as a whole", pod([container("a")], undefined, "2"), pod([container("a")], undefined, "1"), "pod"],
] as const) {
  test(`a pod that wants other resources is taken with those that it has: ${what}`, () => {
    const allocated = withAllocation(now, allocationOf(before));
    assert.deepEqual(allocationOf(allocated), allocationOf(before), expected);
    assert.equal(allocated.metadata, now.metadata, "the rest is as the API has it");
  });
}

for (const [what, now, before] of [
  ["nothing changed", pod([container("a", "1")]), pod([container("a", "1")])],
  ["nothing is asked for", pod([container("a", undefined, { resources: {} })]), pod([container("a")])],
  ["an init container that ends changed", pod([], [container("i", "2")]), pod([], [container("i", "1")])],
  ["the container is new", pod([container("b", "2")]), pod([container("a", "1")])],
] as const) {
  test(`a pod is taken as it is where ${what}`, () => assert.equal(withAllocation(now, allocationOf(before)), now));
}
