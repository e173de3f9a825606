import assert from "node:assert/strict";
import { test } from "node:test";
import { localService, planLocalServices } from "./local-services.ts";

const cases: [group: string, version: string, name: string, priority: number, versionPriority: number][] = [
  ["", "v1", "v1.", 18_000, 1],
  ["apps", "v1", "v1.apps", 17_800, 15],
  ["autoscaling", "v2", "v2.autoscaling", 17_500, 30],
  ["certificates.k8s.io", "v1alpha1", "v1alpha1.certificates.k8s.io", 17_300, 1],
  ["stable.example.com", "v1", "v1.stable.example.com", 1000, 100],
];
for (const [group, version, name, priority, versionPriority] of cases) {
  test(`${name} stands for ${group}/${version}`, () => {
    const { metadata, spec } = localService({ group, version });
    assert.equal(metadata?.name, name);
    assert.deepEqual([spec?.groupPriorityMinimum, spec?.versionPriority], [priority, versionPriority]);
    assert.equal(spec?.service, undefined);
  });
}

test("what is missing is made, what is no longer served goes, what others made stays", () => {
  const gone = localService({ group: "old.example.com", version: "v1" });
  const remote = {
    ...localService({ group: "metrics.k8s.io", version: "v1beta1" }),
    spec: { groupPriorityMinimum: 1, versionPriority: 1, service: { namespace: "a", name: "b" } },
  };
  const byHand = {
    ...localService({ group: "hand.example.com", version: "v1" }),
    metadata: { name: "v1.hand.example.com" },
  };
  const served = [
    { group: "apps", version: "v1" },
    { group: "batch", version: "v1" },
    { group: "apiregistration.k8s.io", version: "v1" },
  ];
  const plan = planLocalServices(served, [localService({ group: "apps", version: "v1" }), gone, remote, byHand]);
  assert.deepEqual(
    plan.create.map(({ metadata }) => metadata?.name),
    ["v1.batch"],
  );
  assert.deepEqual(plan.remove, ["v1.old.example.com"]);
});
