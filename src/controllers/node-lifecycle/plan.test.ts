import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Taint } from "../../api/generated/core/v1.ts";
import { lifecycleNode } from "./node-facts.ts";
import { labelsToCopy, planTaints, unknownConditions } from "./plan.ts";
import { Zones, zoneState } from "./zones.ts";

const TIME = "2026-01-01T00:00:00Z";

function node(of: { ready?: string; troubles?: string[]; taints?: Taint[]; unschedulable?: boolean }): Node {
  const conditions = (of.troubles ?? []).map((type) => ({ type, status: "True" }));
  if (of.ready !== undefined) conditions.push({ type: "Ready", status: of.ready });
  const spec = { taints: of.taints ?? [], ...(of.unschedulable ? { unschedulable: true } : {}) };
  return { metadata: { name: "n" }, spec, status: { conditions } };
}

const taint = (key: string, effect: string): Taint => ({ key: `node.kubernetes.io/${key}`, effect });
const own: Taint = { key: "mine", effect: "NoSchedule" };

const cases: { name: string; node: Node; drivesOut?: string; taints: string[] }[] = [
  { name: "ready", node: node({ ready: "True" }), taints: [] },
  {
    name: "ready again",
    node: node({ ready: "True", taints: [taint("not-ready", "NoSchedule"), taint("not-ready", "NoExecute"), own] }),
    taints: ["mine:NoSchedule"],
  },
  { name: "not ready", node: node({ ready: "False" }), taints: ["node.kubernetes.io/not-ready:NoSchedule"] },
  {
    name: "silent, and pods are driven out",
    node: node({ ready: "Unknown", taints: [taint("not-ready", "NoExecute"), taint("not-ready", "NoSchedule")] }),
    drivesOut: "node.kubernetes.io/unreachable",
    taints: ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"],
  },
  {
    name: "under pressure and cordoned",
    node: node({ ready: "True", troubles: ["DiskPressure"], unschedulable: true }),
    taints: ["node.kubernetes.io/disk-pressure:NoSchedule", "node.kubernetes.io/unschedulable:NoSchedule"],
  },
  {
    name: "uncordoned",
    node: node({ ready: "True", taints: [taint("unschedulable", "NoSchedule")] }),
    taints: [],
  },
  {
    name: "registered, but not heard of yet",
    node: node({ taints: [taint("not-ready", "NoSchedule")] }),
    taints: ["node.kubernetes.io/not-ready:NoSchedule"],
  },
];
for (const { name, node: of, drivesOut, taints } of cases) {
  test(`taints: ${name}`, () => {
    const planned = planTaints(lifecycleNode(of), drivesOut, TIME);
    assert.deepEqual(
      planned.map(({ key, effect }) => `${key}:${effect}`),
      taints,
    );
    const settled = lifecycleNode({ ...of, spec: { ...of.spec, taints: [...planned] } });
    assert.equal(planTaints(settled, drivesOut, TIME), settled.taints);
  });
}

test("a silent node's conditions become Unknown, and say whether it ever spoke", () => {
  const conditions = unknownConditions(node({ ready: "True" }), TIME);
  assert.deepEqual(
    conditions.map(({ type, status, reason }) => [type, status, reason]),
    [
      ["Ready", "Unknown", "NodeStatusUnknown"],
      ["MemoryPressure", "Unknown", "NodeStatusNeverUpdated"],
      ["DiskPressure", "Unknown", "NodeStatusNeverUpdated"],
      ["PIDPressure", "Unknown", "NodeStatusNeverUpdated"],
    ],
  );
  assert.equal(conditions[0]?.lastTransitionTime, TIME);
});

test("old labels follow the new ones", () => {
  assert.deepEqual(
    labelsToCopy({ "kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64", "beta.kubernetes.io/arch": "x" }),
    {
      "beta.kubernetes.io/os": "linux",
      "beta.kubernetes.io/arch": "arm64",
    },
  );
  assert.deepEqual(labelsToCopy({ "kubernetes.io/os": "linux", "beta.kubernetes.io/os": "linux" }), {});
});

test("a zone's state", () => {
  const expected: [number, number, string][] = [
    [0, 0, "Normal"],
    [0, 1, "FullDisruption"],
    [1, 2, "Normal"],
    [2, 3, "PartialDisruption"],
    [10, 3, "Normal"],
  ];
  for (const [ready, notReady, state] of expected)
    assert.equal(zoneState(ready, notReady), state, `${ready}/${notReady}`);
});

function zonesOf(ready: number, notReady: number): Zones {
  const zones = new Zones();
  for (let index = 0; index < ready; index++) zones.note(`r${index}`, { zone: "z", ready: true });
  for (let index = 0; index < notReady; index++) zones.note(`n${index}`, { zone: "z", ready: false });
  return zones;
}

test("pods are driven off one node in ten seconds", () => {
  const zones = zonesOf(5, 2);
  assert.equal(zones.take("z", 1000), 0);
  assert.ok(zones.take("z", 1001) > 0);
  assert.equal(zones.take("z", 11_000), 0);
});

test("in a small zone where much is wrong nothing is driven out, in a large one slowly", () => {
  assert.ok(zonesOf(2, 8).take("z", 0) > 0);
  const large = zonesOf(20, 60);
  assert.equal(large.take("z", 0), 0);
  assert.ok(large.take("z", 99_999) > 0);
  assert.equal(large.take("z", 100_000), 0);
});

test("when no node is ready anywhere nothing is driven out; when one zone is lost, it is", () => {
  const zones = zonesOf(0, 3);
  assert.equal(zones.allDisrupted, true);
  assert.ok(zones.take("z", 0) > 0);
  zones.note("other", { zone: "y", ready: true });
  assert.equal(zones.allDisrupted, false);
  assert.equal(zones.take("z", 0), 0);
  zones.note("other", undefined);
  assert.equal(zones.allDisrupted, true);
});
