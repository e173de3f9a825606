import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod, PodSpec } from "../../api/generated/core/v1.ts";
import { podRequests } from "./pod-requests.ts";

const container = (cpu: string | undefined, memory?: string, more: Partial<Container> = {}): Container => ({
  name: `c-${cpu}-${memory}`,
  resources: { requests: { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) } },
  ...more,
});
const sidecar = (cpu: string): Container => container(cpu, undefined, { restartPolicy: "Always" });
const pod = (spec: Partial<PodSpec>): Pod => ({ spec: { containers: [], ...spec } });

const cases: { name: string; spec: Partial<PodSpec>; milliCpu: number; memory?: number }[] = [
  { name: "containers add up", spec: { containers: [container("100m"), container("1.5")] }, milliCpu: 1600 },
  {
    name: "an init container counts when it is larger",
    spec: { containers: [container("100m")], initContainers: [container("2")] },
    milliCpu: 2000,
  },
  {
    name: "a sidecar adds to containers and to later init containers",
    spec: { containers: [container("1")], initContainers: [sidecar("500m"), container("2")] },
    milliCpu: 2500,
  },
  {
    name: "an init container before the sidecar runs without it",
    spec: { containers: [container("1")], initContainers: [container("1200m"), sidecar("500m")] },
    milliCpu: 1500,
  },
  {
    name: "overhead comes on top",
    spec: { containers: [container("1", "1Gi")], overhead: { cpu: "250m", memory: "128Mi" } },
    milliCpu: 1250,
    memory: 1152 * 1024 * 1024,
  },
  {
    name: "a pod-level request replaces the sum",
    spec: { containers: [container("1"), container("1")], resources: { requests: { cpu: "500m" } } },
    milliCpu: 500,
  },
];

for (const { name, spec, milliCpu, memory } of cases) {
  test(`requests: ${name}`, () => {
    const { exact } = podRequests(pod(spec));
    assert.equal(exact.milliCpu, milliCpu);
    if (memory !== undefined) assert.equal(exact.memory, memory);
  });
}

test("requests: extended resources add up by name", () => {
  const gpu = (count: string): Container => ({ name: count, resources: { requests: { "example.com/gpu": count } } });
  const { exact } = podRequests(pod({ containers: [gpu("1"), gpu("2")] }));
  assert.deepEqual([...(exact.scalars ?? [])], [["example.com/gpu", 3]]);
});

test("requests: containers that ask for nothing are scored with defaults, an explicit zero is not", () => {
  const { exact, nonZero } = podRequests(pod({ containers: [container(undefined), container("0", "0")] }));
  assert.deepEqual([exact.milliCpu, exact.memory], [0, 0]);
  assert.deepEqual([nonZero.milliCpu, nonZero.memory], [100, 200 * 1024 * 1024]);
});

test("requests: a resize that is under way holds the larger amount", () => {
  const resized = pod({ containers: [{ name: "a", resources: { requests: { cpu: "1" } } }] });
  resized.status = { containerStatuses: [{ name: "a", resources: { requests: { cpu: "2" } } } as never] };
  assert.equal(podRequests(resized).exact.milliCpu, 2000);
});

for (const [what, conditions, milliCpu] of [
  ["of a resize that waits for room, what it asks for", [{ type: "PodResizePending", reason: "Deferred" }], 4000],
  ["of a resize that can never be, what it has", [{ type: "PodResizePending", reason: "Infeasible" }], 2000],
] as const) {
  test(`requests: ${what} is held`, () => {
    const waiting = pod({ containers: [{ name: "a", resources: { requests: { cpu: "4" } } }] });
    const [allocatedResources, resources] = [{ cpu: "2" }, { requests: { cpu: "1" } }];
    waiting.status = {
      conditions: conditions.map((condition) => ({ ...condition, status: "True" })),
      containerStatuses: [{ name: "a", allocatedResources, resources } as never],
    };
    assert.equal(podRequests(waiting).exact.milliCpu, milliCpu);
  });
}
