import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../api/generated/core/v1.ts";
import { seededRandom } from "../base/random.ts";
import { ClusterCache } from "./cache/cluster-cache.ts";
import type { NodeInfo } from "./cache/node-info.ts";
import { placePod } from "./cycle.ts";
import { exampleNode, examplePodFacts } from "./examples.ts";
import { nodeFacts } from "./facts/node-facts.ts";
import type { PodFacts } from "./facts/pod-facts.ts";
import { fitErrorMessage } from "./failure-message.ts";
import { feasibleNodesToFind } from "./node-sampling.ts";
import { imageLocality } from "./plugins/image-locality.ts";
import { nodeAffinity } from "./plugins/node-affinity.ts";
import { nodeResourcesBalancedAllocation } from "./plugins/node-resources-balanced-allocation.ts";
import { nodeResourcesFit } from "./plugins/node-resources-fit.ts";
import { nodeUnschedulable } from "./plugins/node-unschedulable.ts";
import { prioritySort } from "./plugins/priority-sort.ts";
import { taintToleration } from "./plugins/taint-toleration.ts";
import { createProfile } from "./profile.ts";

const profile = createProfile([
  { plugin: prioritySort },
  { plugin: nodeUnschedulable },
  { plugin: taintToleration, weight: 3 },
  { plugin: nodeAffinity, weight: 2 },
  { plugin: nodeResourcesFit },
  { plugin: nodeResourcesBalancedAllocation },
  { plugin: imageLocality },
]);

function place(pod: PodFacts, nodes: Node[], options: { nominated?: [string, PodFacts]; seed?: number } = {}) {
  const cache = new ClusterCache();
  for (const node of nodes) cache.setNode(nodeFacts(node));
  const placement = placePod(pod, cache, {
    profile,
    random: seededRandom(options.seed ?? 1),
    cursor: { next: 0 },
    nominatedTo: (name) => (options.nominated?.[0] === name ? [options.nominated[1]] : []),
  });
  return placement;
}

const placedOn = (...of: Parameters<typeof place>): string => {
  const placement = place(...of);
  assert.equal(placement.outcome, "placed");
  return placement.outcome === "placed" ? placement.nodeName : "";
};

test("the emptier node is better", () => {
  const small = exampleNode("small", { allocatable: { cpu: "1", memory: "1Gi" } });
  const large = exampleNode("large", { allocatable: { cpu: "8", memory: "16Gi" } });
  assert.equal(placedOn(examplePodFacts("p", { requests: { cpu: "500m", memory: "512Mi" } }), [small, large]), "large");
});

test("a node that has the image is better", () => {
  const image = { names: ["example:latest"], sizeBytes: 900 * 1024 * 1024 };
  const has = exampleNode("has", { status: { allocatable: exampleNode("x").status!.allocatable!, images: [image] } });
  assert.equal(placedOn(examplePodFacts("p"), [exampleNode("a"), has, exampleNode("b")]), "has");
});

test("a preferred label decides", () => {
  const preference = { matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] };
  const nodeAffinityOfPod = { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference }] };
  const pod = examplePodFacts("p", { spec: { affinity: { nodeAffinity: nodeAffinityOfPod } } });
  assert.equal(placedOn(pod, [exampleNode("a"), exampleNode("b", { labels: { disk: "ssd" } })]), "b");
});

test("a taint that asks to be avoided is avoided", () => {
  const tainted = exampleNode("a", { spec: { taints: [{ key: "k", effect: "PreferNoSchedule" }] } });
  assert.equal(placedOn(examplePodFacts("p"), [tainted, exampleNode("b")]), "b");
});

test("chance decides among equals, and a seed repeats it", () => {
  const nodes = ["a", "b", "c", "d"].map((name) => exampleNode(name));
  const chosen = Array.from({ length: 20 }, (_, seed) => placedOn(examplePodFacts("p"), nodes, { seed }));
  assert.ok(new Set(chosen).size > 1);
  assert.deepEqual(
    chosen,
    Array.from({ length: 20 }, (_, seed) => placedOn(examplePodFacts("p"), nodes, { seed })),
  );
});

test("room that is promised to a pod of higher priority is not taken", () => {
  const promised = examplePodFacts("high", { requests: { cpu: "4" }, spec: { priority: 10 } });
  const placement = place(examplePodFacts("low", { requests: { cpu: "1" } }), [exampleNode("a")], {
    nominated: ["a", promised],
  });
  assert.equal(placement.outcome, "unfit");
});

test("without nodes there is nothing to choose", () => {
  assert.equal(place(examplePodFacts("p"), []).outcome, "noNodes");
});

test("the message counts reasons over nodes, sorted", () => {
  const nodes = [
    exampleNode("a", { spec: { unschedulable: true } }),
    exampleNode("b", { allocatable: { cpu: "1" } }),
    exampleNode("c", { allocatable: { cpu: "1", memory: "1Mi" } }),
  ];
  const placement = place(examplePodFacts("p", { requests: { cpu: "2", memory: "1Gi" } }), nodes);
  assert.ok(placement.outcome === "unfit");
  assert.equal(
    fitErrorMessage({ ...placement, postFilterMessage: "preemption: none." }),
    "0/3 nodes are available: 1 Insufficient memory, 1 node(s) were unschedulable, 2 Insufficient cpu. preemption: none.",
  );
});

test("the search of a big cluster stops early", () => {
  const expected: [number, number][] = [
    [1, 1],
    [99, 99],
    [100, 100],
    [1000, 420],
    [5000, 500],
    [10000, 500],
  ];
  for (const [nodes, enough] of expected) assert.equal(feasibleNodesToFind(nodes), enough, String(nodes));
});

test("what local plugins say of a node is asked once for pods of the same needs, until the node changes", () => {
  const asked = { filter: 0, score: 0 };
  const cautious = {
    name: "Cautious",
    isLocal: true as const,
    filter: (_: PodFacts, node: NodeInfo) => {
      asked.filter++;
      return node.pods.size > 0 ? { reasons: ["not empty"] } : undefined;
    },
    score: (_: PodFacts, node: NodeInfo) => {
      asked.score++;
      return node.facts.labels.disk === "ssd" ? 1 : 0;
    },
  };
  const cache = new ClusterCache();
  for (const name of ["a", "b", "c"]) cache.setNode(nodeFacts(exampleNode(name)));
  const next = (name: string): string => {
    const pod = examplePodFacts(name, { requests: { cpu: "1" } });
    const placement = placePod(pod, cache, {
      profile: createProfile([{ plugin: prioritySort }, { plugin: cautious }]),
      random: seededRandom(1),
      cursor: { next: 0 },
      nominatedTo: () => [],
    });
    return placement.outcome === "placed" ? placement.nodeName : placement.outcome;
  };
  const first = next("p");
  assert.equal(next("q"), first, "nothing has changed, and the seed is the same");
  assert.deepEqual(asked, { filter: 3, score: 3 });
  const assumed = examplePodFacts("p", { requests: { cpu: "1" } });
  cache.assume(assumed, first);
  const others = ["a", "b", "c"].filter((name) => name !== first);
  cache.setNode(nodeFacts(exampleNode(others[1]!, { labels: { disk: "ssd" } })));
  assert.equal(next("r"), others[1]);
  assert.deepEqual(asked, { filter: 5, score: 4 });
  cache.removePod(assumed);
  cache.setNode(nodeFacts(exampleNode(first, { labels: { disk: "ssd" } })));
  cache.setNode(nodeFacts(exampleNode(others[1]!)));
  assert.equal(next("s"), first);
});
