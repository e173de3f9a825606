import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodAffinityTerm, Taint, TopologySpreadConstraint } from "../../api/generated/core/v1.ts";
import { exampleNode, examplePodFacts } from "../examples.ts";
import { nodeFacts } from "../facts/node-facts.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import type { QueueingHintPlugin } from "../framework.ts";
import { interPodAffinity } from "../plugins/inter-pod-affinity.ts";
import { nodeAffinity } from "../plugins/node-affinity.ts";
import { nodePorts } from "../plugins/node-ports.ts";
import { nodeResourcesFit } from "../plugins/node-resources-fit.ts";
import { nodeUnschedulable } from "../plugins/node-unschedulable.ts";
import { podTopologySpread } from "../plugins/pod-topology-spread.ts";
import { taintToleration } from "../plugins/taint-toleration.ts";
import { Action, type ClusterEvent, nodeUpdate, podUpdate } from "./cluster-event.ts";
import { isWorthRetry } from "./hints.ts";

/** What upstream tests of requeueing (test/integration/scheduler/queueing), for the plugins that there are. */
type Labels = Record<string, string>;
type NodeParts = { labels?: Labels; taints?: Taint[]; unschedulable?: boolean; allocatable?: Record<string, string> };

const node = ({ labels, taints, unschedulable, allocatable }: NodeParts) =>
  nodeFacts(
    exampleNode("n", {
      ...(labels && { labels }),
      ...(allocatable && { allocatable }),
      spec: { ...(taints && { taints }), ...(unschedulable && { unschedulable }) },
    }),
  );
const nodeAdded = (after: NodeParts): ClusterEvent => ({ on: "node", actions: Action.add, after: node(after) });
const nodeGone = (before: NodeParts): ClusterEvent => ({ on: "node", actions: Action.delete, before: node(before) });
const nodeChanged = (from: NodeParts, to: NodeParts): ClusterEvent => {
  const [before, after] = [node(from), node(to)];
  return { on: "node", actions: nodeUpdate(before, after), before, after };
};
const podAdded = (after: PodFacts): ClusterEvent => ({ on: "assignedPod", actions: Action.add, after });
const podGone = (before: PodFacts): ClusterEvent => ({ on: "assignedPod", actions: Action.delete, before });
const podChanged = (before: PodFacts, after: PodFacts): ClusterEvent => ({
  on: "assignedPod",
  actions: podUpdate(before, after),
  before,
  after,
});
const ownChange = (before: PodFacts, after: PodFacts): ClusterEvent => ({
  on: "waitingPod",
  actions: podUpdate(before, after),
  before,
  after,
});

const taint = (key: string): Taint => ({ key, effect: "NoSchedule" });
const exists = (key: string) => ({ matchExpressions: [{ key, operator: "Exists" }] });
const term = (label: string, topologyKey: string): PodAffinityTerm => ({ labelSelector: exists(label), topologyKey });
const placed = (labels: Labels, spec: object = {}) =>
  examplePodFacts("placed", { metadata: { labels }, spec: { nodeName: "n", ...spec } });
const near = (label: string, key: string, labels: Labels = {}) =>
  examplePodFacts("near", {
    metadata: { labels },
    spec: { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(label, key)] } } },
  });
const anti = (label: string, key: string) => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(label, key)] } },
});
const apart = (label: string, key: string) =>
  examplePodFacts("apart", { metadata: { labels: { [label]: "x" } }, spec: anti(label, key) });
const spread = (topologyKey: string, label = "key1", labels: Labels = { [label]: "val" }) => {
  const constraint: TopologySpreadConstraint = {
    ...{ maxSkew: 1, topologyKey, whenUnsatisfiable: "DoNotSchedule", labelSelector: exists(label) },
  };
  return examplePodFacts("spread", { metadata: { labels }, spec: { topologySpreadConstraints: [constraint] } });
};
const tolerant = (...keys: string[]) =>
  examplePodFacts("tolerant", { spec: { tolerations: keys.map((key) => ({ key, operator: "Exists" })) } });
const wants = (requests: Labels) => examplePodFacts("wants", { requests });
const inGroup = (...values: string[]) => {
  const matchExpressions = [{ key: "group", operator: "In", values }];
  const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } };
  return examplePodFacts("in-group", { spec: { affinity: { nodeAffinity: required } } });
};
const onPort = (hostPort: number, name = "port", more: object = {}) => {
  const containers = [{ name: "main", image: "a", ports: [{ containerPort: 8080, hostPort }] }];
  return examplePodFacts(name, { spec: { containers, ...more } });
};
const ofNode = { node: "fake-node", service: "service-a", other: "fake-node" };
const topology = { node: "fake-node", region: "fake-node", service: "service-a" };

const cases: [string, QueueingHintPlugin, PodFacts, ClusterEvent, boolean][] = [
  [
    "a node has the taint that is tolerated",
    taintToleration,
    tolerant("a"),
    nodeChanged({ taints: [taint("b")] }, { taints: [taint("a")] }),
    true,
  ],
  [
    "a node has another taint",
    taintToleration,
    tolerant("c"),
    nodeChanged({ taints: [taint("b")] }, { taints: [taint("a")] }),
    false,
  ],
  [
    "a node comes with the taint that is tolerated",
    taintToleration,
    tolerant("a"),
    nodeAdded({ taints: [taint("a")] }),
    true,
  ],
  ["the pod tolerates more", taintToleration, tolerant("a"), ownChange(tolerant(), tolerant("a")), true],
  [
    "only a label of the pod changes",
    taintToleration,
    tolerant(),
    ownChange(tolerant(), examplePodFacts("tolerant", { metadata: { labels: { a: "b" } } })),
    false,
  ],
  [
    "a node offers more of what is wanted",
    nodeResourcesFit,
    wants({ cpu: "5" }),
    nodeChanged({ allocatable: { cpu: "4" } }, { allocatable: { cpu: "5" } }),
    true,
  ],
  [
    "a node offers more of something else",
    nodeResourcesFit,
    wants({ cpu: "4" }),
    nodeChanged({}, { allocatable: { memory: "9Gi" } }),
    false,
  ],
  [
    "a node takes more pods",
    nodeResourcesFit,
    wants({}),
    nodeChanged({ allocatable: { pods: "2" } }, { allocatable: { pods: "3" } }),
    true,
  ],
  ["a node comes that is too small", nodeResourcesFit, wants({ cpu: "5" }), nodeAdded({}), false],
  [
    "the pod wants less",
    nodeResourcesFit,
    wants({ cpu: "2" }),
    ownChange(wants({ cpu: "4" }), wants({ cpu: "2" })),
    true,
  ],
  ["a pod goes", nodeResourcesFit, wants({ cpu: "2" }), podGone(placed({})), true],
  [
    "a node joins the group",
    nodeAffinity,
    inGroup("b"),
    nodeChanged({ labels: { group: "a" } }, { labels: { group: "b" } }),
    true,
  ],
  [
    "a node of the group gets another label",
    nodeAffinity,
    inGroup("a"),
    nodeChanged({ labels: { group: "a" } }, { labels: { group: "a", x: "y" } }),
    false,
  ],
  ["a node of another group comes", nodeAffinity, inGroup("c"), nodeAdded({ labels: { group: "b" } }), false],
  ["a node is opened", nodeUnschedulable, wants({}), nodeChanged({ unschedulable: true }, {}), true],
  ["a closed node comes", nodeUnschedulable, wants({}), nodeAdded({ unschedulable: true }), false],
  ["a pod with the port goes", nodePorts, onPort(8080), podGone(onPort(8080, "other", { nodeName: "n" })), true],
  ["a pod with another port goes", nodePorts, onPort(8081), podGone(onPort(8080, "other", { nodeName: "n" })), false],
  ["a node comes", nodePorts, onPort(8080), nodeAdded({}), true],

  [
    "a pod loses the label that is avoided",
    interPodAffinity,
    apart("anti1", "node"),
    podChanged(placed({ anti1: "x", anti2: "x" }), placed({ anti2: "x" })),
    true,
  ],
  [
    "a pod keeps the label that is avoided",
    interPodAffinity,
    apart("anti2", "node"),
    podChanged(placed({ anti1: "x", anti2: "x" }), placed({ anti2: "x" })),
    false,
  ],
  ["a pod that is avoided goes", interPodAffinity, apart("anti1", "node"), podGone(placed({ anti1: "x" })), true],
  ["a pod that avoids others goes", interPodAffinity, apart("anti2", "node"), podGone(placed({ anti1: "x" })), false],
  [
    "a pod that avoids it goes",
    interPodAffinity,
    examplePodFacts("web", { metadata: { labels: { anti1: "x" } } }),
    podGone(placed({}, anti("anti1", "node"))),
    true,
  ],
  [
    "a pod gets the label that is sought",
    interPodAffinity,
    near("aaa", "node"),
    podChanged(placed({}), placed({ aaa: "b" })),
    true,
  ],
  [
    "a pod gets another label",
    interPodAffinity,
    near("bbb", "node"),
    podChanged(placed({}), placed({ aaa: "b" })),
    false,
  ],
  ["a pod comes that is sought", interPodAffinity, near("aaa", "node"), podAdded(placed({ aaa: "b" })), true],
  ["a pod comes that is avoided", interPodAffinity, apart("anti1", "node"), podAdded(placed({ anti1: "x" })), false],
  [
    "the pod's own labels change",
    interPodAffinity,
    near("aaa", "node", { aaa: "b" }),
    ownChange(near("aaa", "node"), near("aaa", "node", { aaa: "b" })),
    true,
  ],
  ["a node comes in a domain", interPodAffinity, near("bbb", "zone"), nodeAdded({ labels: { zone: "zone1" } }), true],
  [
    "a node comes without the domain that is sought",
    interPodAffinity,
    near("ccc", "region"),
    nodeAdded({ labels: { zone: "zone1" } }),
    false,
  ],
  [
    "a node gets into a domain",
    interPodAffinity,
    near("a", "node"),
    nodeChanged({ labels: { region: "1" } }, { labels: { region: "2", node: "n" } }),
    true,
  ],
  [
    "a node gets into another domain",
    interPodAffinity,
    near("a", "region"),
    nodeChanged({ labels: { region: "1" } }, { labels: { region: "2" } }),
    true,
  ],
  [
    "a node stays without the domain",
    interPodAffinity,
    near("a", "other"),
    nodeChanged({ labels: { region: "1" } }, { labels: { region: "2" } }),
    false,
  ],
  [
    "a node leaves the domain to avoid",
    interPodAffinity,
    apart("anti1", "node"),
    nodeChanged({ labels: ofNode }, { labels: { service: "service-b", other: "fake-node" } }),
    true,
  ],
  [
    "a node changes the domain to avoid",
    interPodAffinity,
    apart("anti1", "service"),
    nodeChanged({ labels: ofNode }, { labels: { service: "service-b", other: "fake-node" } }),
    true,
  ],
  [
    "a node stays in the domain to avoid",
    interPodAffinity,
    apart("anti1", "other"),
    nodeChanged({ labels: ofNode }, { labels: { service: "service-b", other: "fake-node" } }),
    false,
  ],
  [
    "a node comes without the domain to avoid",
    interPodAffinity,
    apart("anti1", "node"),
    nodeAdded({ labels: { zone: "z" } }),
    true,
  ],

  ["a pod of the selector comes", podTopologySpread, spread("node"), podAdded(placed({ key1: "val" })), true],
  [
    "a pod of another selector comes",
    podTopologySpread,
    spread("node", "key2"),
    podAdded(placed({ key1: "val" })),
    false,
  ],
  [
    "a pod leaves the selector",
    podTopologySpread,
    spread("node"),
    podChanged(placed({ key1: "val" }), placed({ key3: "val" })),
    true,
  ],
  [
    "a pod stays in the selector",
    podTopologySpread,
    spread("node"),
    podChanged(placed({ key1: "val" }), placed({ key1: "val", key3: "val" })),
    false,
  ],
  ["a pod of the selector goes", podTopologySpread, spread("node"), podGone(placed({ key1: "val" })), true],
  [
    "the pod's own labels change",
    podTopologySpread,
    spread("node"),
    ownChange(spread("node", "key1", {}), spread("node")),
    true,
  ],
  ["a node comes with the key", podTopologySpread, spread("node"), nodeAdded({ labels: { node: "n" } }), true],
  ["a node comes without the key", podTopologySpread, spread("zone"), nodeAdded({ labels: { node: "n" } }), false],
  [
    "a node loses the key",
    podTopologySpread,
    spread("node"),
    nodeChanged({ labels: topology }, { labels: { zone: "z", region: "fake-node", service: "service-b" } }),
    true,
  ],
  [
    "a node gets the key",
    podTopologySpread,
    spread("zone"),
    nodeChanged({ labels: topology }, { labels: { zone: "z", region: "fake-node", service: "service-b" } }),
    true,
  ],
  [
    "a node keeps its domain",
    podTopologySpread,
    spread("region"),
    nodeChanged({ labels: topology }, { labels: { zone: "z", region: "fake-node", service: "service-b" } }),
    false,
  ],
  [
    "a node stays without the key",
    podTopologySpread,
    spread("other"),
    nodeChanged({ labels: topology }, { labels: { zone: "z", region: "fake-node", service: "service-b" } }),
    false,
  ],
  [
    "a node changes its domain",
    podTopologySpread,
    spread("service"),
    nodeChanged({ labels: topology }, { labels: { zone: "z", region: "fake-node", service: "service-b" } }),
    true,
  ],
  ["a node with the key goes", podTopologySpread, spread("zone"), nodeGone({ labels: { zone: "z" } }), true],
  ["a node without the key goes", podTopologySpread, spread("node"), nodeGone({ labels: { zone: "z" } }), false],
  [
    "the taints of a node with the key change",
    podTopologySpread,
    spread("zone"),
    nodeChanged({ labels: { zone: "z" }, taints: [taint("a")] }, { labels: { zone: "z" }, taints: [taint("b")] }),
    true,
  ],
  [
    "the taints of a node without the key change",
    podTopologySpread,
    spread("node"),
    nodeChanged({ labels: { zone: "z" }, taints: [taint("a")] }, { labels: { zone: "z" }, taints: [taint("b")] }),
    false,
  ],
];
for (const [what, plugin, pod, event, expected] of cases) {
  test(`${plugin.name}, ${what}: the pod is ${expected ? "" : "not "}tried again`, () => {
    const interests = new Map([[plugin.name, plugin.retryOn]]);
    const own = event.on === "waitingPod" && event.after !== undefined ? { ...event.after, uid: pod.uid } : undefined;
    const told = own === undefined ? event : ({ ...event, after: own } as ClusterEvent);
    assert.equal(isWorthRetry(pod, told, { by: [plugin.name], interests }), expected);
  });
}
