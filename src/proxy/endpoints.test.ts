import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseTargets } from "./endpoints.ts";
import type { EndpointFacts, NodeFacts, ServiceFacts } from "./model.ts";

const node: NodeFacts = { nodeName: "here", zone: "a", podCidr: "10.244.0.0/24" };
const service: ServiceFacts = {
  key: "default/web",
  clusterIPs: ["10.96.0.20"],
  externalIPs: [],
  loadBalancerIPs: [],
  internalLocal: true,
  externalLocal: false,
  ports: [{ name: "http", protocol: "tcp", port: 80 }],
};

const READY = { ready: true, serving: true, terminating: false, nodeName: "here" };
const LEAVING = { ready: false, serving: true, terminating: true, nodeName: "here" };
const DOWN = { ready: false, serving: false, terminating: false, nodeName: "here" };
const FAR = { ...READY, nodeName: "there" };

const cases: {
  name: string;
  endpoints: Omit<EndpointFacts, "address">[];
  cluster: number[];
  local: number[];
  any: boolean;
}[] = [
  { name: "ready ones", endpoints: [READY, DOWN, FAR], cluster: [0, 2], local: [0], any: true },
  {
    name: "not those that leave while others are ready",
    endpoints: [LEAVING, FAR],
    cluster: [1],
    local: [0],
    any: true,
  },
  { name: "those that leave when none is ready", endpoints: [LEAVING, DOWN], cluster: [0], local: [0], any: true },
  { name: "none", endpoints: [DOWN], cluster: [], local: [], any: false },
  {
    name: "those of the zone when all carry hints",
    endpoints: [
      { ...READY, forZones: ["b"] },
      { ...FAR, forZones: ["a"] },
    ],
    cluster: [1],
    local: [0],
    any: true,
  },
  {
    name: "hints do not count when one has none",
    endpoints: [READY, { ...FAR, forZones: ["a"] }],
    cluster: [0, 1],
    local: [0],
    any: true,
  },
  {
    name: "those for this node come before those for the zone",
    endpoints: [
      { ...FAR, forNodes: ["there"], forZones: ["a"] },
      { ...READY, forNodes: ["here"], forZones: ["a"] },
    ],
    cluster: [1],
    local: [1],
    any: true,
  },
  {
    name: "a zone without endpoints uses all",
    endpoints: [{ ...FAR, forZones: ["b"] }],
    cluster: [0],
    local: [],
    any: true,
  },
];

for (const { name, endpoints, cluster, local, any } of cases) {
  test(`endpoints: ${name}`, () => {
    const slice = {
      key: "default/web-1",
      serviceKey: "default/web",
      ports: [{ name: "http", protocol: "tcp" as const, port: 8080 }],
      endpoints: endpoints.map((endpoint, index) => ({ ...endpoint, address: `10.244.0.${index}` })),
    };
    const targets = chooseTargets(service, service.ports[0]!, { slices: [slice], node });
    const numbers = (of: readonly { address: string }[]): number[] =>
      of.map((each) => Number(each.address.split(".")[3]));
    assert.deepEqual(
      { cluster: numbers(targets.cluster), local: numbers(targets.local), any: targets.any },
      { cluster, local, any },
    );
  });
}

test("an endpoint in two slices counts once, and as ready when one says so", () => {
  const slice = (ready: boolean) => ({
    key: `default/web-${ready}`,
    serviceKey: "default/web",
    ports: [{ name: "http", protocol: "tcp" as const, port: 8080 }],
    endpoints: [{ ...READY, ready, address: "10.244.0.9" }],
  });
  const targets = chooseTargets(service, service.ports[0]!, { slices: [slice(false), slice(true)], node });
  assert.deepEqual(targets.cluster, [{ address: "10.244.0.9", port: 8080, local: true }]);
});
