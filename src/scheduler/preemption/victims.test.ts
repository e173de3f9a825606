import assert from "node:assert/strict";
import { test } from "node:test";
import { labelSelectorOf } from "../../api/selectors.ts";
import { ClusterCache } from "../cache/cluster-cache.ts";
import { exampleNode, exampleNodeInfo, examplePodFacts } from "../examples.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import { prepareFilters, startTrial } from "../filters.ts";
import { nodeResourcesFit } from "../plugins/node-resources-fit.ts";
import { prioritySort } from "../plugins/priority-sort.ts";
import { createProfile } from "../profile.ts";
import { type DisruptionBudget, pickNode, selectVictims, type Victims } from "./victims.ts";

const profile = createProfile([{ plugin: prioritySort }, { plugin: nodeResourcesFit }]);

const pod = (name: string, cpu: string, priority: number, of: { started?: string; app?: string } = {}): PodFacts =>
  examplePodFacts(name, {
    requests: { cpu },
    metadata: { labels: { app: of.app ?? name } },
    spec: { priority },
    ...(of.started === undefined ? {} : { status: { startTime: of.started } }),
  });

function victims(wanted: PodFacts, others: PodFacts[], budgets: DisruptionBudget[] = []) {
  const node = exampleNodeInfo(exampleNode("n"), others);
  const prepared = prepareFilters(wanted, new ClusterCache(), profile);
  assert.ok("filters" in prepared);
  return selectVictims(wanted, node, { trial: (on) => startTrial(prepared.filters, on), budgets });
}

const names = (found: ReturnType<typeof victims>): string[] =>
  "pods" in found ? found.pods.map(({ name }) => name) : [];

test("only as many as needed go, the least important ones", () => {
  const found = victims(pod("high", "2", 10), [pod("low", "1", 1), pod("lower", "2", 0), pod("mid", "1", 5)]);
  assert.deepEqual(names(found), ["lower"]);
});

test("of equals, who came later goes", () => {
  const found = victims(pod("high", "2", 10), [
    pod("old", "2", 0, { started: "2026-01-01T00:00:00Z" }),
    pod("new", "2", 0, { started: "2026-01-02T00:00:00Z" }),
  ]);
  assert.deepEqual(names(found), ["new"]);
});

test("pods of equal priority stay, and then it does not help", () => {
  const found = victims(pod("high", "2", 10), [pod("a", "4", 10)]);
  assert.ok("reasons" in found);
  assert.deepEqual(found.reasons, ["No preemption victims found for incoming pod"]);
});

test("when even an empty place is too small, the filters say why", () => {
  const found = victims(pod("high", "3", 10), [pod("a", "2", 10), pod("b", "1", 0)]);
  assert.ok("reasons" in found);
  assert.deepEqual(found.reasons, ["Insufficient cpu"]);
});

test("protected pods stay where others can go instead", () => {
  const budget: DisruptionBudget = {
    namespace: "default",
    allowed: 0,
    disrupted: new Set(),
    matches: labelSelectorOf({ matchLabels: { app: "safe" } }),
  };
  const others = [pod("safe", "2", 0, { app: "safe" }), pod("other", "2", 5)];
  const found = victims(pod("high", "2", 10), others, [budget]);
  assert.deepEqual(names(found), ["other"]);
  const both = victims(pod("high", "4", 10), others, [budget]);
  assert.ok("pods" in both);
  assert.deepEqual([names(both), both.violations], [["other", "safe"], 1]);
});

const candidate = (name: string, violations: number, ...pods: PodFacts[]): Victims => ({
  node: exampleNodeInfo(exampleNode(name)),
  pods,
  violations,
});
const picks: { name: string; of: Victims[]; node: string }[] = [
  {
    name: "fewest broken budgets",
    of: [candidate("a", 1, pod("x", "1", 0)), candidate("b", 0, pod("y", "1", 9))],
    node: "b",
  },
  {
    name: "least important victim",
    of: [candidate("a", 0, pod("x", "1", 5)), candidate("b", 0, pod("y", "1", 4))],
    node: "b",
  },
  {
    name: "smallest sum",
    of: [
      candidate("a", 0, pod("x", "1", 5), pod("x2", "1", 5)),
      candidate("b", 0, pod("y", "1", 5), pod("y2", "1", 1)),
    ],
    node: "b",
  },
  {
    name: "latest start",
    of: [
      candidate("a", 0, pod("x", "1", 5, { started: "2026-01-01T00:00:00Z" })),
      candidate("b", 0, pod("y", "1", 5, { started: "2026-01-02T00:00:00Z" })),
    ],
    node: "b",
  },
];
for (const { name, of, node } of picks) {
  test(`pick: ${name}`, () => assert.equal(pickNode(of)?.node.name, node));
}
