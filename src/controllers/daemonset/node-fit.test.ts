import assert from "node:assert/strict";
import { it } from "node:test";
import type { NodeSelectorTerm, PodSpec } from "../../api/generated/core/v1.ts";
import { buildNode } from "./daemon-builders.ts";
import { fitOf } from "./node-fit.ts";
import { withDaemonTolerations } from "./pod-template.ts";

const node = buildNode("n1", { disk: "ssd", size: "16" });
const affinity = (...nodeSelectorTerms: NodeSelectorTerm[]): Partial<PodSpec> => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});
const label = (key: string, operator: string, ...values: string[]): NodeSelectorTerm => ({
  matchExpressions: [{ key, operator, values }],
});

for (const [what, spec, runs] of [
  ["nothing asked", {}, true],
  ["its node name", { nodeName: "n1" }, true],
  ["another node's name", { nodeName: "n2" }, false],
  ["a matching selector", { nodeSelector: { disk: "ssd" } }, true],
  ["another selector", { nodeSelector: { disk: "ssd", zone: "a" } }, false],
  ["In", affinity(label("disk", "In", "hdd", "ssd")), true],
  ["NotIn", affinity(label("disk", "NotIn", "ssd")), false],
  ["NotIn of a label that is not there", affinity(label("zone", "NotIn", "a")), true],
  ["Exists", affinity(label("disk", "Exists")), true],
  ["DoesNotExist", affinity(label("disk", "DoesNotExist")), false],
  ["Gt", affinity(label("size", "Gt", "8")), true],
  ["Lt", affinity(label("size", "Lt", "8")), false],
  ["Gt of no number", affinity(label("disk", "Gt", "8")), false],
  ["one of two terms", affinity(label("zone", "Exists"), label("disk", "Exists")), true],
  ["an empty term", affinity({}), false],
  [
    "the field metadata.name",
    affinity({ matchFields: [{ key: "metadata.name", operator: "In", values: ["n1"] }] }),
    true,
  ],
] as const) {
  it(`fits by node selector and affinity: ${what}: ${runs}`, () => {
    assert.equal(fitOf({ containers: [], ...(spec as object) }, node).shouldRun, runs);
  });
}

for (const [taint, tolerations, shouldRun, shouldContinue] of [
  [{ key: "gpu", effect: "NoSchedule" }, [], false, true],
  [{ key: "gpu", effect: "NoExecute" }, [], false, false],
  [{ key: "gpu", effect: "PreferNoSchedule" }, [], true, true],
  [{ key: "gpu", value: "a", effect: "NoSchedule" }, [{ key: "gpu", value: "a" }], true, true],
  [{ key: "gpu", value: "b", effect: "NoSchedule" }, [{ key: "gpu", value: "a" }], false, true],
  [{ key: "gpu", value: "b", effect: "NoExecute" }, [{ operator: "Exists" }], true, true],
  [{ key: "gpu", effect: "NoExecute" }, [{ key: "gpu", operator: "Exists", effect: "NoSchedule" }], false, false],
  [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }, [], true, true],
  [{ key: "node.kubernetes.io/not-ready", effect: "NoExecute" }, [], true, true],
  [{ key: "node.kubernetes.io/network-unavailable", effect: "NoSchedule" }, [], false, true],
] as const) {
  it(`taint ${JSON.stringify(taint)} with tolerations ${JSON.stringify(tolerations)}`, () => {
    const spec = withDaemonTolerations({ containers: [], tolerations: [...tolerations] });
    assert.deepEqual(fitOf(spec, buildNode("n1", {}, [taint])), { shouldRun, shouldContinue });
  });
}

it("tolerates an unavailable network on the host's network", () => {
  const tainted = buildNode("n1", {}, [{ key: "node.kubernetes.io/network-unavailable", effect: "NoSchedule" }]);
  const spec = withDaemonTolerations({ containers: [], hostNetwork: true });
  assert.equal(fitOf(spec, tainted).shouldRun, true);
  assert.equal(withDaemonTolerations(spec).tolerations?.length, 7);
});
