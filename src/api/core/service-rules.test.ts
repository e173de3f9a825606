import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceSpec } from "../generated/core/v1.ts";
import { testChange, testNew, wrongWithStatus } from "../testing/kind-table.ts";
import { serviceKind } from "./service.ts";

const of = (spec: ServiceSpec, annotations?: Record<string, string>) => ({
  ...(annotations && { metadata: { annotations } }),
  spec: { ports: [{ port: 80 }], ...spec },
});
const IMMUTABLE = "may not change once set";

testNew(serviceKind, [
  ["a plain one", of({})],
  ["a headless one without ports", of({ clusterIP: "None", ports: [] })],
  [
    "None and another",
    of({ clusterIP: "None", clusterIPs: ["None", "10.0.0.1"] }),
    'spec.clusterIPs: Invalid value: ["None","10.0.0.1"]: \'None\' must be the first and only value',
  ],
  [
    "addresses without the address",
    of({ clusterIPs: ["10.0.0.1"] }),
    'spec.clusterIPs: Invalid value: ["10.0.0.1"]: must be empty when `clusterIP` is not specified',
  ],
  [
    "another first address",
    of({ clusterIP: "10.0.0.2", clusterIPs: ["10.0.0.1"] }),
    'spec.clusterIPs: Invalid value: ["10.0.0.1"]: first value must match `clusterIP`',
  ],
  [
    "an address with zeros in front",
    of({ clusterIP: "010.0.0.1" }),
    'spec.clusterIPs[0]: Invalid value: "010.0.0.1": must not have leading 0s',
  ],
  [
    "two addresses of a family",
    of({ clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1", "10.0.0.2"] }),
    'spec.clusterIPs: Invalid value: ["10.0.0.1","10.0.0.2"]: may specify no more than one IP for each IP family',
  ],
  [
    "an address of another family",
    of({ clusterIP: "fd00::1", ipFamilies: ["IPv4"] }),
    'spec.clusterIPs[0]: Invalid value: "fd00::1": expected an IPv4 value as indicated by `ipFamilies[0]`',
  ],
  [
    "families",
    of({ ipFamilies: ["IPv4", "IPv4", "IPX"], ipFamilyPolicy: "Any" }),
    'spec.ipFamilies[1]: Duplicate value: "IPv4"',
    'spec.ipFamilies[2]: Unsupported value: "IPX": supported values: "IPv4", "IPv6"',
    'spec.ipFamilyPolicy: Unsupported value: "Any": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
  ],
  [
    "an external name with addresses",
    of({
      type: "ExternalName",
      externalName: "a.b",
      clusterIP: "10.0.0.1",
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
    }),
    "spec.clusterIPs: Forbidden: may not be set for ExternalName services",
    "spec.ipFamilies: Forbidden: may not be set for ExternalName services",
    "spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services",
  ],
  [
    "names of ports twice",
    of({
      ports: [
        { name: "a", port: 80 },
        { name: "a", port: 81 },
      ],
    }),
    'spec.ports[1].name: Duplicate value: "a"',
  ],
  [
    "node ports twice",
    of({
      type: "NodePort",
      ports: [
        { name: "a", port: 80, nodePort: 30_000 },
        { name: "b", port: 81, nodePort: 30_000 },
        { name: "c", port: 81, nodePort: 30_000, protocol: "UDP" },
      ],
    }),
    "spec.ports[1].nodePort: Duplicate value: 30000",
  ],
  [
    "affinity beyond a day",
    of({ sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 86_401 } } }),
    "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400",
  ],
  [
    "ranges",
    of({ type: "LoadBalancer", loadBalancerSourceRanges: [" 10.0.0.0/8 ", "10.0.0.1/8", "a"] }),
    'spec.LoadBalancerSourceRanges[1]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
    'spec.LoadBalancerSourceRanges[2]: Invalid value: "a": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    "ranges in an annotation",
    of({}, { "service.beta.kubernetes.io/load-balancer-source-ranges": "10.0.0.0/8, a" }),
    "metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Forbidden: may only be used when `type` is 'LoadBalancer'",
    'metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Invalid value: "a": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    "annotations that do not agree",
    of({}, { "service.kubernetes.io/topology-aware-hints": "auto", "service.kubernetes.io/topology-mode": "disabled" }),
    'metadata.annotations[service.kubernetes.io/topology-mode]: Invalid value: "disabled": must match annotations[service.kubernetes.io/topology-aware-hints] when both are specified',
  ],
  [
    "a balancer's parts without the balancer",
    of({
      loadBalancerClass: "a/b",
      allocateLoadBalancerNodePorts: false,
      healthCheckNodePort: 30_000,
      externalTrafficPolicy: "Local",
    }),
    "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
    "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
    'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
  ],
  [
    "a local balancer needs its health port",
    of({ type: "LoadBalancer", externalTrafficPolicy: "Local" }),
    "spec.healthCheckNodePort: Required value",
  ],
  [
    "distribution",
    of({ trafficDistribution: "Any" }),
    'spec.trafficDistribution: Unsupported value: "Any": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
  ],
]);

const single: ServiceSpec = {
  type: "ClusterIP",
  clusterIP: "10.0.0.1",
  clusterIPs: ["10.0.0.1"],
  ipFamilies: ["IPv4"],
  ipFamilyPolicy: "SingleStack",
};
const dual: ServiceSpec = {
  ...single,
  clusterIPs: ["10.0.0.1", "fd00::1"],
  ipFamilies: ["IPv4", "IPv6"],
  ipFamilyPolicy: "RequireDualStack",
};
const balancer: ServiceSpec = {
  ...single,
  type: "LoadBalancer",
  externalTrafficPolicy: "Local",
  healthCheckNodePort: 30_000,
  loadBalancerClass: "a/b",
};
testChange(serviceKind, [
  ["nothing", of(single), of(single)],
  ["a second address comes", of(dual), of(single)],
  ["and goes with the policy", of({ ...dual, ...single }), of(dual)],
  [
    "not without it",
    of({ ...single, ipFamilyPolicy: "PreferDualStack" }),
    of(dual),
    "spec.ipFamilyPolicy: Invalid value: \"PreferDualStack\": must be set to 'SingleStack' when releasing the secondary clusterIP",
    "spec.ipFamilyPolicy: Invalid value: \"PreferDualStack\": must be set to 'SingleStack' when releasing the secondary ipFamily",
  ],
  [
    "another address",
    of({ ...single, clusterIP: "10.0.0.2", clusterIPs: ["10.0.0.2"] }),
    of(single),
    `spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: ${IMMUTABLE}`,
  ],
  [
    "class and health port",
    of({ ...balancer, healthCheckNodePort: 30_001, loadBalancerClass: "a/c" }),
    of(balancer),
    `spec.loadBalancerClass: Invalid value: "a/c": ${IMMUTABLE}`,
    "spec.healthCheckNodePort: Forbidden: field is immutable",
  ],
  [
    "what older servers took stays",
    of({ ...single, externalIPs: ["010.0.0.7"], externalTrafficPolicy: "Cluster" }),
    of({ ...single, externalIPs: ["010.0.0.7"], externalTrafficPolicy: "Cluster" }),
  ],
]);

test("Service changes: another family", () => {
  const now = of({ ...single, ipFamilies: ["IPv6"] });
  const errors = serviceKind.validateUpdate!(now as never, of(single) as never);
  assert.deepEqual(
    errors.map(({ field, message }) => `${field}: ${message}`),
    [`spec.ipFamilies[0]: Invalid value: ["IPv6"]: ${IMMUTABLE}`],
  );
});

const status = (type: string, ...ingress: object[]) => ({ spec: { type }, status: { loadBalancer: { ingress } } });
test("where a balancer stands", () => {
  assert.deepEqual(wrongWithStatus(serviceKind, status("LoadBalancer", { ip: "10.0.0.1", ipMode: "VIP" })), []);
  assert.deepEqual(wrongWithStatus(serviceKind, status("ClusterIP", { ip: "10.0.0.1", ipMode: "VIP" })), [
    "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
  ]);
  const wrong = status(
    "LoadBalancer",
    { ip: "a" },
    { hostname: "10.0.0.1", ipMode: "VIP" },
    { ip: "10.0.0.1", ipMode: "X" },
  );
  assert.deepEqual(wrongWithStatus(serviceKind, wrong, status("LoadBalancer")), [
    'status.loadBalancer.ingress[0].ip: Invalid value: "a": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    "status.loadBalancer.ingress[0].ipMode: Required value: must be specified when `ip` is set",
    "status.loadBalancer.ingress[1].ipMode: Forbidden: may not be specified when `ip` is not set",
    'status.loadBalancer.ingress[1].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
    'status.loadBalancer.ingress[2].ipMode: Unsupported value: "X": supported values: "Proxy", "VIP"',
  ]);
});

test("what does nothing is told", () => {
  const told = (spec: ServiceSpec) => serviceKind.warnings!({ spec: { type: "ClusterIP", ...spec } } as never);
  assert.deepEqual(told({ externalIPs: ["10.0.0.7"] }), [
    "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
  ]);
  assert.deepEqual(told({ clusterIP: "None", loadBalancerIP: "10.0.0.7", sessionAffinity: "None" }), [
    "spec.loadBalancerIP is ignored for headless services",
  ]);
  assert.deepEqual(told({ externalName: "a", trafficDistribution: "PreferClose" }), [
    'spec.externalName is ignored when spec.type is not "ExternalName"',
    'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
  ]);
  const balanced = { status: { loadBalancer: { ingress: [{ ip: "10.0.0.7" }, { ip: "FD00::7" }] } } };
  assert.deepEqual(serviceKind.statusWarnings!(balanced as never), [
    'status.loadBalancer.ingress[1]: IPv6 address "FD00::7" should be in RFC 5952 canonical format ("fd00::7")',
  ]);
});
