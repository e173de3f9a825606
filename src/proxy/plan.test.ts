import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndpointFacts, HostPortPod, NodeFacts, ServiceFacts, SliceFacts } from "./model.ts";
import { changeText } from "./nft-text.ts";
import { planHostPorts, planService } from "./plan.ts";
import { type Fragment, mergeFragments } from "./ruleset.ts";

const node: NodeFacts = { nodeName: "here", zone: "a", podCidr: "10.244.0.0/24" };
const web: ServiceFacts = {
  key: "default/web",
  clusterIPs: ["10.96.0.20"],
  externalIPs: [],
  loadBalancerIPs: [],
  internalLocal: false,
  externalLocal: false,
  ports: [{ name: "", protocol: "tcp", port: 80 }],
};
const nodePort = [{ name: "", protocol: "tcp", port: 80, nodePort: 30080 }] as const;
const here = "10.244.0.5";
const there = "10.244.1.6";

function endpoint(address: string, change: Partial<EndpointFacts> = {}): EndpointFacts {
  const nodeName = address === here ? "here" : "there";
  return { address, ready: true, serving: true, terminating: false, nodeName, ...change };
}

function rulesOf(fragment: Fragment): string[] {
  const nothing = { chains: new Map(), sets: new Map(), elements: new Map() };
  return changeText("t", nothing, mergeFragments([fragment]))
    .replaceAll("add rule ip t ", "")
    .replaceAll("add element ip t ", "")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("add chain"));
}

const scenarios: { name: string; service?: Partial<ServiceFacts>; endpoints: EndpointFacts[]; rules: string[] }[] = [
  {
    name: "a cluster IP is spread over its endpoints; what is not a pod is masqueraded",
    endpoints: [endpoint(here), endpoint(there)],
    rules: [
      "service/default/web/tcp/80 ip saddr != 10.244.0.0/24 meta mark set meta mark | 0x4000",
      "service/default/web/tcp/80 meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.244.0.5 . 8080, 1 : 10.244.1.6 . 8080 }",
      "cluster-ips { 10.96.0.20 }",
      "cluster-services { 10.96.0.20 . tcp . 80 : goto service/default/web/tcp/80 }",
      "hairpins { 10.244.0.5 . 10.244.0.5 }",
    ],
  },
  {
    name: "node port, external IP and a restricted load balancer address",
    service: {
      ports: nodePort,
      externalIPs: ["192.0.2.8"],
      loadBalancerIPs: ["192.0.2.9"],
      sourceRanges: ["10.1.0.0/16", "10.0.0.0/8"],
    },
    endpoints: [endpoint(there)],
    rules: [
      "service/default/web/tcp/80 ip saddr != 10.244.0.0/24 meta mark set meta mark | 0x4000",
      "service/default/web/tcp/80 meta l4proto tcp dnat to 10.244.1.6:8080",
      "external/default/web/tcp/80 meta mark set meta mark | 0x4000",
      "external/default/web/tcp/80 meta l4proto tcp dnat to 10.244.1.6:8080",
      "firewall/default/web/tcp/80 ip saddr { 10.0.0.0/8 } goto external/default/web/tcp/80",
      "firewall/default/web/tcp/80 drop",
      "cluster-ips { 10.96.0.20 }",
      "cluster-services { 10.96.0.20 . tcp . 80 : goto service/default/web/tcp/80 }",
      "external-services { 192.0.2.8 . tcp . 80 : goto external/default/web/tcp/80, 192.0.2.9 . tcp . 80 : goto firewall/default/web/tcp/80 }",
      "node-ports { tcp . 30080 : goto external/default/web/tcp/80 }",
    ],
  },
  {
    name: "a load balancer address that no IPv4 client may use",
    service: { loadBalancerIPs: ["192.0.2.9"], sourceRanges: [] },
    endpoints: [endpoint(there)],
    rules: [
      "service/default/web/tcp/80 ip saddr != 10.244.0.0/24 meta mark set meta mark | 0x4000",
      "service/default/web/tcp/80 meta l4proto tcp dnat to 10.244.1.6:8080",
      "external/default/web/tcp/80 meta mark set meta mark | 0x4000",
      "external/default/web/tcp/80 meta l4proto tcp dnat to 10.244.1.6:8080",
      "firewall/default/web/tcp/80 drop",
      "cluster-ips { 10.96.0.20 }",
      "cluster-services { 10.96.0.20 . tcp . 80 : goto service/default/web/tcp/80 }",
      "external-services { 192.0.2.9 . tcp . 80 : goto firewall/default/web/tcp/80 }",
    ],
  },
  {
    name: "externalTrafficPolicy Local keeps sources and stays here, but for pods and the node itself",
    service: { ports: nodePort, externalLocal: true },
    endpoints: [endpoint(here), endpoint(there)],
    rules: [
      "service/default/web/tcp/80 ip saddr != 10.244.0.0/24 meta mark set meta mark | 0x4000",
      "service/default/web/tcp/80 meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.244.0.5 . 8080, 1 : 10.244.1.6 . 8080 }",
      "anywhere/default/web/tcp/80 meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.244.0.5 . 8080, 1 : 10.244.1.6 . 8080 }",
      "external/default/web/tcp/80 ip saddr 10.244.0.0/24 goto anywhere/default/web/tcp/80",
      "external/default/web/tcp/80 fib saddr type local meta mark set meta mark | 0x4000",
      "external/default/web/tcp/80 fib saddr type local goto anywhere/default/web/tcp/80",
      "external/default/web/tcp/80 meta l4proto tcp dnat to 10.244.0.5:8080",
      "cluster-ips { 10.96.0.20 }",
      "cluster-services { 10.96.0.20 . tcp . 80 : goto service/default/web/tcp/80 }",
      "node-ports { tcp . 30080 : goto external/default/web/tcp/80 }",
      "hairpins { 10.244.0.5 . 10.244.0.5 }",
    ],
  },
  {
    name: "internalTrafficPolicy Local without an endpoint here is silent",
    service: { internalLocal: true },
    endpoints: [endpoint(there)],
    rules: ["cluster-ips { 10.96.0.20 }", "unserved-services { 10.96.0.20 . tcp . 80 : drop }"],
  },
  {
    name: "no endpoint at all: connections are refused",
    service: { ports: nodePort },
    endpoints: [endpoint(here, { ready: false, serving: false })],
    rules: [
      "cluster-ips { 10.96.0.20 }",
      "unserved-services { 10.96.0.20 . tcp . 80 : goto reject-traffic }",
      "unserved-node-ports { tcp . 30080 : goto reject-traffic }",
    ],
  },
  {
    name: "session affinity remembers the endpoint of a client",
    service: { affinitySeconds: 60 },
    endpoints: [endpoint(there)],
    rules: [
      "add set ip t affinity/60/default/web/tcp/80/10.244.1.6/8080 { type ipv4_addr ; flags dynamic,timeout ; timeout 60s ; }",
      "endpoint/default/web/tcp/80/10.244.1.6/8080 update @affinity/60/default/web/tcp/80/10.244.1.6/8080 { ip saddr }",
      "endpoint/default/web/tcp/80/10.244.1.6/8080 meta l4proto tcp dnat to 10.244.1.6:8080",
      "service/default/web/tcp/80 ip saddr != 10.244.0.0/24 meta mark set meta mark | 0x4000",
      "service/default/web/tcp/80 ip saddr @affinity/60/default/web/tcp/80/10.244.1.6/8080 goto endpoint/default/web/tcp/80/10.244.1.6/8080",
      "service/default/web/tcp/80 numgen random mod 1 vmap { 0 : goto endpoint/default/web/tcp/80/10.244.1.6/8080 }",
      "cluster-ips { 10.96.0.20 }",
      "cluster-services { 10.96.0.20 . tcp . 80 : goto service/default/web/tcp/80 }",
    ],
  },
];

for (const { name, service, endpoints, rules } of scenarios) {
  test(name, () => {
    const slice: SliceFacts = {
      key: "default/web-1",
      serviceKey: "default/web",
      ports: [{ name: "", protocol: "tcp", port: 8080 }],
      endpoints,
    };
    assert.deepEqual(rulesOf(planService({ ...web, ...service }, { slices: [slice], node })), rules);
  });
}

test("host ports of a pod", () => {
  const pod: HostPortPod = {
    key: "default/p",
    podIP: here,
    ports: [
      { hostIP: "", hostPort: 8080, containerPort: 80, protocol: "tcp" },
      { hostIP: "192.0.2.2", hostPort: 53, containerPort: 5353, protocol: "udp" },
    ],
  };
  assert.deepEqual(rulesOf(planHostPorts(pod)), [
    "host-port/default/p/tcp/8080 ip saddr { 127.0.0.0/8, 10.244.0.5 } meta mark set meta mark | 0x4000",
    "host-port/default/p/tcp/8080 meta l4proto tcp dnat to 10.244.0.5:80",
    "host-port/default/p/udp/53/192.0.2.2 ip saddr { 127.0.0.0/8, 10.244.0.5 } meta mark set meta mark | 0x4000",
    "host-port/default/p/udp/53/192.0.2.2 meta l4proto udp dnat to 10.244.0.5:5353",
    "node-ports { tcp . 8080 : goto host-port/default/p/tcp/8080 }",
    "external-services { 192.0.2.2 . udp . 53 : goto host-port/default/p/udp/53/192.0.2.2 }",
  ]);
});

test("chains of pods with long names keep within the kernel's limit", () => {
  const ports = [{ hostIP: "192.0.2.200", hostPort: 65_535, containerPort: 80, protocol: "sctp" }] as const;
  const fragment = planHostPorts({ key: `${"n".repeat(63)}/${"p".repeat(253)}`, podIP: here, ports });
  assert.ok(fragment.chains.every(([name]) => name.length < 255));
});
