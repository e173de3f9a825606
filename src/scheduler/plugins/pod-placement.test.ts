import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodAffinity, PodAntiAffinity, PodSpec, TopologySpreadConstraint } from "../../api/generated/core/v1.ts";
import { ClusterCache } from "../cache/cluster-cache.ts";
import { exampleNode, examplePodFacts } from "../examples.ts";
import { nodeFacts } from "../facts/node-facts.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import type { FilterPlugin, PreFilterPlugin, PreScorePlugin, ScorePlugin } from "../framework.ts";
import { interPodAffinity } from "./inter-pod-affinity.ts";
import { interPodAffinityScore } from "./inter-pod-affinity-score.ts";
import { podTopologySpread } from "./pod-topology-spread.ts";
import { podTopologySpreadScore } from "./pod-topology-spread-score.ts";

const ZONE = "topology.kubernetes.io/zone";
const HOST = "kubernetes.io/hostname";

/** Nodes a1, a2 in zone a, b1 in zone b, and x1 in no zone. */
function cluster(...pods: PodFacts[]): ClusterCache {
  const cache = new ClusterCache();
  for (const [name, zone] of [
    ["a1", "a"],
    ["a2", "a"],
    ["b1", "b"],
    ["x1", undefined],
  ] as const) {
    cache.setNode(nodeFacts(exampleNode(name, { labels: zone === undefined ? {} : { [ZONE]: zone } })));
  }
  for (const pod of pods) cache.setPod(pod);
  cache.setNamespace("default", {});
  cache.setNamespace("other", { team: "red" });
  return cache;
}

let count = 0;
const app = (name: string, nodeName: string, of: Partial<PodSpec> = {}, namespace = "default"): PodFacts => {
  const uid = `${name}-${count++}`;
  return examplePodFacts(uid, {
    metadata: { name: uid, namespace, uid, labels: { app: name } },
    spec: { nodeName, ...of },
  });
};

const term = (name: string, topologyKey = ZONE, more: object = {}) => ({
  labelSelector: { matchLabels: { app: name } },
  topologyKey,
  ...more,
});
const near = (...terms: object[]): { affinity: { podAffinity: PodAffinity } } => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms as never } },
});
const far = (...terms: object[]): { affinity: { podAntiAffinity: PodAntiAffinity } } => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms as never } },
});

function fitting<S>(plugin: FilterPlugin<S> & PreFilterPlugin<S>, pod: PodFacts, cache: ClusterCache): string[] {
  const prepared = plugin.preFilter(pod, cache);
  assert.ok(!("rejection" in prepared));
  if ("skip" in prepared) return cache.nodes.map(({ name }) => name).sort();
  return cache.nodes
    .filter((node) => plugin.filter(pod, node, prepared.state) === undefined)
    .map(({ name }) => name)
    .sort();
}

const ALL = ["a1", "a2", "b1", "x1"];
const affinityCases: { name: string; pod: PodFacts; others: PodFacts[]; fits: string[] }[] = [
  { name: "no wishes", pod: app("web", ""), others: [app("db", "a1")], fits: ALL },
  { name: "near another", pod: app("web", "", near(term("db"))), others: [app("db", "a1")], fits: ["a1", "a2"] },
  { name: "near nobody who is there", pod: app("web", "", near(term("db"))), others: [], fits: [] },
  { name: "the first of its own kind", pod: app("web", "", near(term("web"))), others: [], fits: ["a1", "a2", "b1"] },
  {
    name: "the second joins the first",
    pod: app("web", "", near(term("web"))),
    others: [app("web", "b1")],
    fits: ["b1"],
  },
  { name: "far from another", pod: app("web", "", far(term("db"))), others: [app("db", "a1")], fits: ["b1", "x1"] },
  {
    name: "far from its own kind, node by node",
    pod: app("web", "", far(term("web", HOST))),
    others: [app("web", "a1"), app("web", "b1")],
    fits: ["a2", "x1"],
  },
  {
    name: "another stays far from it",
    pod: app("web", ""),
    others: [app("db", "a1", far(term("web")))],
    fits: ["b1", "x1"],
  },
  {
    name: "pods of other namespaces do not count",
    pod: app("web", "", far(term("db"))),
    others: [app("db", "a1", {}, "other")],
    fits: ALL,
  },
  {
    name: "unless they are named",
    pod: app("web", "", far(term("db", ZONE, { namespaces: ["other"] }))),
    others: [app("db", "a1", {}, "other")],
    fits: ["b1", "x1"],
  },
  {
    name: "or selected by labels",
    pod: app("web", "", far(term("db", ZONE, { namespaceSelector: { matchLabels: { team: "red" } } }))),
    others: [app("db", "a1", {}, "other"), app("db", "b1")],
    fits: ["b1", "x1"],
  },
];
for (const { name, pod, others, fits } of affinityCases) {
  test(`affinity: ${name}`, () => assert.deepEqual(fitting(interPodAffinity, pod, cluster(...others)), fits));
}

test("affinity: a trial counts pods that go and come", () => {
  const other = app("db", "a1");
  const cache = cluster(other);
  const pod = app("web", "", far(term("db")));
  const prepared = interPodAffinity.preFilter(pod, cache);
  assert.ok("state" in prepared);
  const node = cache.node("a1")!;
  const without = interPodAffinity.changed!(prepared.state, { pod, node, removed: other });
  assert.equal(interPodAffinity.filter(pod, node, without), undefined);
  assert.ok(interPodAffinity.filter(pod, node, prepared.state));
  const again = interPodAffinity.changed!(without, { pod, node, added: other });
  assert.ok(interPodAffinity.filter(pod, node, again));
});

const spread = (
  of: Partial<TopologySpreadConstraint> = {},
): { topologySpreadConstraints: TopologySpreadConstraint[] } => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: ZONE,
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: { app: "web" } },
      ...of,
    },
  ],
});
const spreadCases: { name: string; pod: PodFacts; others: PodFacts[]; fits: string[] }[] = [
  { name: "nobody yet", pod: app("web", "", spread()), others: [], fits: ["a1", "a2", "b1"] },
  { name: "the emptier zone", pod: app("web", "", spread()), others: [app("web", "a1")], fits: ["b1"] },
  {
    name: "more skew is allowed",
    pod: app("web", "", spread({ maxSkew: 2 })),
    others: [app("web", "a1")],
    fits: ["a1", "a2", "b1"],
  },
  {
    name: "other pods do not count",
    pod: app("web", "", spread()),
    others: [app("db", "a1")],
    fits: ["a1", "a2", "b1"],
  },
  {
    name: "zones that the pod cannot be in do not count",
    pod: app("web", "", { ...spread(), nodeSelector: { [ZONE]: "a" } }),
    others: [app("web", "a1")],
    fits: ["a1", "a2", "b1"],
  },
  {
    name: "fewer zones than there should be",
    pod: app("web", "", spread({ minDomains: 3 })),
    others: [app("web", "a1")],
    fits: ["b1"],
  },
  {
    name: "only a wish",
    pod: app("web", "", spread({ whenUnsatisfiable: "ScheduleAnyway" })),
    others: [app("web", "a1")],
    fits: ALL,
  },
];
for (const { name, pod, others, fits } of spreadCases) {
  test(`spread: ${name}`, () => assert.deepEqual(fitting(podTopologySpread, pod, cluster(...others)), fits));
}

function best<S>(plugin: PreScorePlugin<S> & ScorePlugin<S>, pod: PodFacts, cache: ClusterCache): string[] {
  const prepared = plugin.preScore(pod, cache.nodes, cache);
  assert.ok("state" in prepared);
  const scores = cache.nodes.map((node) => plugin.score(pod, node, prepared.state, cache));
  plugin.normalize?.(scores, cache.nodes, prepared.state);
  const most = Math.max(...scores);
  assert.ok(
    scores.every((score) => score >= 0 && score <= 100),
    String(scores),
  );
  return cache.nodes
    .filter((_, index) => scores[index] === most)
    .map(({ name }) => name)
    .sort();
}

test("a wish to be near is followed, and so is that of others", () => {
  const preferred = [{ weight: 10, podAffinityTerm: term("db") }];
  const wish = { affinity: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } } };
  assert.deepEqual(best(interPodAffinityScore, app("web", "", wish), cluster(app("db", "b1"))), ["b1"]);
  const avoid = [{ weight: 10, podAffinityTerm: term("web") }];
  const shy = { affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: avoid } } };
  assert.deepEqual(best(interPodAffinityScore, app("web", ""), cluster(app("db", "a1", shy))), ["b1", "x1"]);
});

test("pods of one kind are spread over nodes without asking", () => {
  const defaults = (): TopologySpreadConstraint[] =>
    spread({ topologyKey: HOST, whenUnsatisfiable: "ScheduleAnyway" }).topologySpreadConstraints;
  const plugin = podTopologySpreadScore(defaults);
  assert.deepEqual(best(plugin, app("web", ""), cluster(app("web", "a1"), app("web", "b1"), app("web", "x1"))), ["a2"]);
});

test("a wish for even zones is followed; nodes without a zone come last", () => {
  const plugin = podTopologySpreadScore(() => []);
  const pod = app("web", "", spread({ whenUnsatisfiable: "ScheduleAnyway" }));
  assert.deepEqual(best(plugin, pod, cluster(app("web", "a1"))), ["b1"]);
});
