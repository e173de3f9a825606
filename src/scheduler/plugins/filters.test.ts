import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod } from "../../api/generated/core/v1.ts";
import { ClusterCache } from "../cache/cluster-cache.ts";
import { exampleNode, exampleNodeInfo, examplePod, examplePodFacts } from "../examples.ts";
import { podFacts } from "../facts/pod-facts.ts";
import type { FilterPlugin, PreFilterPlugin } from "../framework.ts";
import { nodeAffinity } from "./node-affinity.ts";
import { nodeName } from "./node-name.ts";
import { nodePorts } from "./node-ports.ts";
import { nodeResourcesFit } from "./node-resources-fit.ts";
import { nodeUnschedulable } from "./node-unschedulable.ts";
import { taintToleration } from "./taint-toleration.ts";

const ports = (hostPort: number, hostIP?: string, protocol?: string) => ({
  containers: [
    {
      name: "a",
      ports: [{ containerPort: 80, hostPort, ...(hostIP ? { hostIP } : {}), ...(protocol ? { protocol } : {}) }],
    },
  ],
});
const required = (terms: unknown[]) => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms as never } } },
});
const key = (operator: string, ...values: string[]) => ({ matchExpressions: [{ key: "disk", operator, values }] });
const taint = (effect: string, value = "v") => ({ taints: [{ key: "k", value, effect }] });

interface Case {
  name: string;
  plugin: FilterPlugin & Partial<PreFilterPlugin>;
  pod: Pod;
  node: Node;
  others?: Pod[];
  /** Reasons; empty when the node will do. */
  reasons: string[];
  unresolvable?: boolean;
}

const fits = { reasons: [] };
const cpu = (amount: string) => ({ requests: { cpu: amount } });
const full = [examplePod("other", cpu("3"))];
const AFFINITY = "node(s) didn't match Pod's node affinity/selector";
const PORTS = "node(s) didn't have free ports for the requested pod ports";
const TAINT = "node(s) had untolerated taint(s)";

const cases: Case[] = [
  {
    name: "room",
    plugin: nodeResourcesFit,
    pod: examplePod("p", cpu("1")),
    node: exampleNode("n"),
    others: full,
    ...fits,
  },
  {
    name: "no room left",
    plugin: nodeResourcesFit,
    pod: examplePod("p", cpu("1001m")),
    node: exampleNode("n"),
    others: full,
    reasons: ["Insufficient cpu"],
  },
  {
    name: "more than the node ever has",
    plugin: nodeResourcesFit,
    pod: examplePod("p", { requests: { cpu: "5", memory: "9Gi", "example.com/gpu": "1" } }),
    node: exampleNode("n"),
    reasons: ["Insufficient cpu", "Insufficient memory", "Insufficient example.com/gpu"],
    unresolvable: true,
  },
  {
    name: "pods are counted",
    plugin: nodeResourcesFit,
    pod: examplePod("p"),
    node: exampleNode("n", { allocatable: { pods: "1" } }),
    others: [examplePod("other")],
    reasons: ["Too many pods"],
  },
  {
    name: "an extended resource that is free",
    plugin: nodeResourcesFit,
    pod: examplePod("p", { requests: { "example.com/gpu": "1" } }),
    node: exampleNode("n", { allocatable: { "example.com/gpu": "2" } }),
    others: [examplePod("other", { requests: { "example.com/gpu": "1" } })],
    ...fits,
  },
  {
    name: "same port",
    plugin: nodePorts,
    pod: examplePod("p", { spec: ports(80, "127.0.0.1") }),
    node: exampleNode("n"),
    others: [examplePod("other", { spec: ports(80) })],
    reasons: [PORTS],
  },
  {
    name: "same port on another address",
    plugin: nodePorts,
    pod: examplePod("p", { spec: ports(80, "127.0.0.1") }),
    node: exampleNode("n"),
    others: [examplePod("other", { spec: ports(80, "127.0.0.2") })],
    ...fits,
  },
  {
    name: "same port of another protocol",
    plugin: nodePorts,
    pod: examplePod("p", { spec: ports(80, "", "UDP") }),
    node: exampleNode("n"),
    others: [examplePod("other", { spec: ports(80) })],
    ...fits,
  },
  {
    name: "its node",
    plugin: nodeName,
    pod: examplePod("p", { spec: { nodeName: "n" } }),
    node: exampleNode("n"),
    ...fits,
  },
  {
    name: "another node",
    plugin: nodeName,
    pod: examplePod("p", { spec: { nodeName: "m" } }),
    node: exampleNode("n"),
    reasons: ["node(s) didn't match the requested node name"],
    unresolvable: true,
  },
  {
    name: "cordoned",
    plugin: nodeUnschedulable,
    pod: examplePod("p"),
    node: exampleNode("n", { spec: { unschedulable: true } }),
    reasons: ["node(s) were unschedulable"],
    unresolvable: true,
  },
  {
    name: "cordoned but tolerated",
    plugin: nodeUnschedulable,
    pod: examplePod("p", { spec: { tolerations: [{ key: "node.kubernetes.io/unschedulable", operator: "Exists" }] } }),
    node: exampleNode("n", { spec: { unschedulable: true } }),
    ...fits,
  },
  {
    name: "taint",
    plugin: taintToleration,
    pod: examplePod("p"),
    node: exampleNode("n", { spec: taint("NoExecute") }),
    reasons: [TAINT],
    unresolvable: true,
  },
  {
    name: "taint tolerated with another value",
    plugin: taintToleration,
    pod: examplePod("p", { spec: { tolerations: [{ key: "k", value: "other", effect: "NoSchedule" }] } }),
    node: exampleNode("n", { spec: taint("NoSchedule") }),
    reasons: [TAINT],
    unresolvable: true,
  },
  {
    name: "taint tolerated",
    plugin: taintToleration,
    pod: examplePod("p", { spec: { tolerations: [{ key: "k", value: "v" }] } }),
    node: exampleNode("n", { spec: taint("NoSchedule") }),
    ...fits,
  },
  {
    name: "every taint tolerated",
    plugin: taintToleration,
    pod: examplePod("p", { spec: { tolerations: [{ operator: "Exists" }] } }),
    node: exampleNode("n", { spec: taint("NoExecute") }),
    ...fits,
  },
  {
    name: "a taint that only asks",
    plugin: taintToleration,
    pod: examplePod("p"),
    node: exampleNode("n", { spec: taint("PreferNoSchedule") }),
    ...fits,
  },
  {
    name: "node selector",
    plugin: nodeAffinity,
    pod: examplePod("p", { spec: { nodeSelector: { disk: "ssd" } } }),
    node: exampleNode("n", { labels: { disk: "hdd" } }),
    reasons: [AFFINITY],
    unresolvable: true,
  },
  {
    name: "node selector met",
    plugin: nodeAffinity,
    pod: examplePod("p", { spec: { nodeSelector: { disk: "ssd" } } }),
    node: exampleNode("n", { labels: { disk: "ssd" } }),
    ...fits,
  },
  {
    name: "one of two terms met",
    plugin: nodeAffinity,
    pod: examplePod("p", { spec: required([key("In", "hdd"), key("NotIn", "tape")]) }),
    node: exampleNode("n", { labels: { disk: "ssd" } }),
    ...fits,
  },
  {
    name: "greater than",
    plugin: nodeAffinity,
    pod: examplePod("p", { spec: required([key("Gt", "5")]) }),
    node: exampleNode("n", { labels: { disk: "5" } }),
    reasons: [AFFINITY],
    unresolvable: true,
  },
  {
    name: "an empty term matches nothing",
    plugin: nodeAffinity,
    pod: examplePod("p", { spec: required([{}]) }),
    node: exampleNode("n"),
    reasons: [AFFINITY],
    unresolvable: true,
  },
];

for (const { name, plugin, pod, node, others, reasons, unresolvable } of cases) {
  test(`${plugin.name}: ${name}`, () => {
    const facts = podFacts(pod);
    const prepared = plugin.preFilter?.(facts, new ClusterCache());
    assert.ok(prepared === undefined || !("rejection" in prepared));
    const info = exampleNodeInfo(
      node,
      (others ?? []).map((other) => podFacts(other)),
    );
    const rejection =
      prepared !== undefined && "skip" in prepared ? undefined : plugin.filter(facts, info, prepared?.state);
    assert.deepEqual(rejection?.reasons ?? [], reasons);
    assert.equal(rejection?.unresolvable ?? false, unresolvable ?? false);
  });
}

test("NodeAffinity: terms that name nodes narrow the search", () => {
  const named = (name: string) => ({ matchFields: [{ key: "metadata.name", operator: "In", values: [name] }] });
  const result = nodeAffinity.preFilter(
    examplePodFacts("p", { spec: required([named("a"), named("b")]) }),
    new ClusterCache(),
  );
  assert.ok("state" in result);
  assert.deepEqual([...(result.nodeNames ?? [])], ["a", "b"]);
});
