import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Node, Pod, PodSpec } from "../../api/generated/core/v1.ts";
import { nodes, pods } from "../../api/generated/resources.ts";
import { StatusError } from "../../api/status.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { nodeDeclaredFeatureValidator } from "./node-declared-feature-validator.ts";
import { podResizeValidator } from "./pod-resize-validator.ts";

let memory: MemoryServer;
before(async () => {
  memory = await startMemoryServer({
    admission: (dependencies) => [nodeDeclaredFeatureValidator(dependencies), podResizeValidator(dependencies)],
  });
  const amounts = { cpu: "2", memory: "2Gi" };
  const make = (name: string, os: string, declaredFeatures: string[] = []) =>
    memory.client.create<Node>(nodes, {
      metadata: { name, labels: { "kubernetes.io/os": os } },
      status: { allocatable: amounts, capacity: amounts, declaredFeatures },
    });
  await make("small", "linux");
  await make("able", "linux", ["InPlacePodLevelResourcesVerticalScaling", "InPlacePodVerticalScalingInitContainers"]);
  await make("panes", "windows");
});
after(() => memory.close());

let count = 0;
/** What becomes of a pod with these resources when it is resized. */
async function resize(nodeName: string, spec: Partial<PodSpec>, wanted: Partial<PodSpec>): Promise<Pod> {
  const target = { namespace: "default", name: `p${count++}` };
  const main = { name: "c", image: "c" };
  const containers = (spec.containers ?? [main]).map((each) => ({ ...main, ...each }));
  await memory.client.create<Pod>(pods, { metadata: target, spec: { ...spec, containers, nodeName } });
  return await memory.client.patch<Pod>(pods, target, {
    type: "strategic",
    subresource: "resize",
    body: { spec: wanted },
  });
}

const cpu = (amount: string): Partial<PodSpec> => ({
  containers: [{ name: "c", resources: { requests: { cpu: amount, memory: "512Mi" } } }],
});
const init = (amount: string): Partial<PodSpec> => ({
  initContainers: [{ name: "i", image: "i", resources: { requests: { cpu: amount, memory: "1Gi" } } }],
});
const level = (amount: string): Partial<PodSpec> => ({
  resources: { requests: { cpu: amount, memory: "1Gi" }, limits: { cpu: "2", memory: "2Gi" } },
});

describe("a pod on a node is resized", () => {
  test("within what its node has", async () => {
    const { spec } = await resize("small", cpu("500m"), cpu("1"));
    assert.equal(spec?.containers[0]?.resources?.requests?.cpu, "1");
    await resize("able", level("500m"), level("1"));
    await resize("able", init("500m"), init("1"));
    await resize("small", level("500m"), { containers: [{ name: "c", resources: { requests: { cpu: "100m" } } }] });
  });

  const refusals: [string, Partial<PodSpec>, Partial<PodSpec>, string, string | undefined][] = [
    [
      "small",
      cpu("500m"),
      cpu("4"),
      "node didn't have enough allocatable resources: cpu, requested: 4000, allocatable: 2000",
      "NodeCapacity",
    ],
    [
      "panes",
      cpu("500m"),
      cpu("1"),
      'pod resize is only supported on linux nodes, node "panes" is "windows"',
      "UnsupportedPlatform",
    ],
    ["gone", cpu("500m"), cpu("1"), 'node "gone" not found', undefined],
    [
      "small",
      level("500m"),
      level("1"),
      'pod update requires features InPlacePodLevelResourcesVerticalScaling which are not available on node "small"',
      undefined,
    ],
    [
      "small",
      init("500m"),
      init("1"),
      'pod update requires features InPlacePodVerticalScalingInitContainers which are not available on node "small"',
      undefined,
    ],
  ];
  for (const [node, spec, wanted, why, reason] of refusals) {
    test(`or not: ${why}`, async () => {
      await assert.rejects(resize(node, spec, wanted), (error: unknown) => {
        assert.ok(error instanceof StatusError, String(error));
        assert.equal(error.code, 403);
        assert.ok(error.message.endsWith(` is forbidden: ${why}`), error.message);
        assert.equal(error.status.details?.causes?.[0]?.reason, reason);
        return true;
      });
    });
  }
});
