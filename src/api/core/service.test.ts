import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service, ServiceSpec } from "../generated/core/v1.ts";
import { tableOf } from "../table.ts";
import { serviceKind } from "./service.ts";

function service(spec: ServiceSpec = {}): Service {
  const made: Service = {
    metadata: { name: "a", namespace: "default" },
    spec: { ports: [{ port: 80 }], ...structuredClone(spec) },
  };
  serviceKind.setDefaults!(made);
  return made;
}

test("defaults are upstream's", () => {
  assert.deepEqual(service().spec, {
    ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
    sessionAffinity: "None",
    type: "ClusterIP",
    internalTrafficPolicy: "Cluster",
  });
  const balancer = service({ type: "LoadBalancer", sessionAffinity: "ClientIP" }).spec!;
  assert.equal(balancer.externalTrafficPolicy, "Cluster");
  assert.equal(balancer.allocateLoadBalancerNodePorts, true);
  assert.deepEqual(balancer.sessionAffinityConfig, { clientIP: { timeoutSeconds: 10800 } });
});

const wrong: readonly [string, ServiceSpec, string][] = [
  ["no ports", { ports: [] }, "spec.ports: Required value"],
  ["port 0", { ports: [{ port: 0 }] }, "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"],
  ["names of several ports", { ports: [{ port: 80, name: "a" }, { port: 81 }] }, "spec.ports[1].name: Required value"],
  [
    "the same port twice",
    {
      ports: [
        { port: 80, name: "a" },
        { port: 80, name: "b" },
      ],
    },
    'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
  ],
  [
    "node port of a cluster service",
    { ports: [{ port: 80, nodePort: 30000 }] },
    "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
  ],
  [
    "type",
    { type: "Magic" },
    'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ],
  ["external name", { type: "ExternalName" }, "spec.externalName: Required value"],
  [
    "headless node port",
    { type: "NodePort", clusterIP: "None", clusterIPs: ["None"] },
    "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services",
  ],
  [
    "loopback",
    { externalIPs: ["127.0.0.1"] },
    'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ],
  [
    "selector",
    { selector: { app: "a b" } },
    `spec.selector: Invalid value: "a b": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
  ],
  [
    "source ranges",
    { loadBalancerSourceRanges: ["10.0.0.0/8"] },
    "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
];
for (const [name, spec, expected] of wrong) {
  test(`refused: ${name}`, () => {
    const errors = serviceKind.validate!(service(spec)).map((error) => `${error.field}: ${error.message}`);
    assert.ok(errors.includes(expected), `expected ${expected}\ngot ${errors.join("\n")}`);
  });
}

test("good services are valid", () => {
  for (const spec of [
    {},
    { clusterIP: "None", clusterIPs: ["None"], ports: [] },
    { type: "NodePort" },
    { type: "ExternalName", externalName: "a.b.", ports: [] },
  ]) {
    assert.deepEqual(serviceKind.validate!(service(spec)), []);
  }
});

test("a name outside of the cluster has no traffic policy, and a policy that is none is told", () => {
  for (const [policy, expected] of [
    ["Cluster", undefined],
    ["Local", undefined],
    ["Global", "Global"],
  ] as const) {
    const draft = service({ type: "ExternalName", externalName: "a.b.", internalTrafficPolicy: policy });
    serviceKind.setDefaults!(draft);
    assert.equal(draft.spec?.internalTrafficPolicy, expected);
  }
});

test("an update keeps what was allocated", () => {
  const old = service({
    type: "NodePort",
    clusterIP: "10.0.0.1",
    clusterIPs: ["10.0.0.1"],
    ports: [{ port: 80, nodePort: 30001 }],
  });
  const draft = service({ type: "NodePort", ports: [{ port: 80 }, { port: 81, name: "b" }] });
  serviceKind.prepareForUpdate!(draft, old);
  const { clusterIP, clusterIPs, ports } = draft.spec!;
  assert.deepEqual(
    [clusterIP, clusterIPs, ports!.map((port) => port.nodePort)],
    ["10.0.0.1", ["10.0.0.1"], [30001, undefined]],
  );
  assert.deepEqual(serviceKind.validateUpdate!(draft, old), []);
});

test("ports keep the node's by their names, unless a balancer does without", () => {
  const ports = (...given: [name: string, port: number, nodePort?: number][]) =>
    given.map(([name, port, nodePort]) => ({ name, port, ...(nodePort !== undefined && { nodePort }) }));
  const kept = (before: ServiceSpec, after: ServiceSpec): unknown[] => {
    const draft = service(after);
    serviceKind.prepareForUpdate!(draft, service(before));
    return draft.spec!.ports!.map((port) => port.nodePort);
  };
  const before = { type: "NodePort", ports: ports(["a", 80, 30001], ["b", 81, 30002]) };
  assert.deepEqual(kept(before, { type: "NodePort", ports: ports(["b", 80], ["a", 90]) }), [30002, 30001]);
  assert.deepEqual(kept(before, { type: "NodePort", ports: ports(["a", 80], ["c", 81, 30001]) }), [undefined, 30001]);
  const balancer = { type: "LoadBalancer", allocateLoadBalancerNodePorts: false };
  assert.deepEqual(kept({ ...before, ...balancer }, { ...balancer, ports: ports(["a", 80]) }), [undefined]);
});

test("what a client changes together with the type is not dropped, but refused", () => {
  const old = service({ type: "NodePort", ports: [{ port: 80, nodePort: 30001 }] });
  const draft = service({ type: "ClusterIP", ports: [{ port: 80, nodePort: 30001 }] });
  draft.spec!.ports!.push({ name: "b", port: 81, nodePort: 30002 });
  serviceKind.prepareForUpdate!(draft, old);
  const fields = serviceKind.validate!(draft).map(({ field }) => field);
  assert.deepEqual(
    fields.filter((field) => field.endsWith("nodePort")),
    ["spec.ports[0].nodePort", "spec.ports[1].nodePort"],
  );
});

test("the status of a balancer goes with it", () => {
  const old = service({ type: "LoadBalancer" });
  old.status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
  const draft = service({ type: "ClusterIP" });
  draft.status = old.status;
  serviceKind.prepareForUpdate!(draft, old);
  assert.deepEqual([draft.status, old.status.loadBalancer!.ingress!.length], [{ loadBalancer: {} }, 1]);
});

test("an address that only the single field changes moves the list with it", () => {
  const after = (clusterIP: string, clusterIPs?: string[]): unknown[] => {
    const old = service({ clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"] });
    const draft = service({ clusterIP, ...(clusterIPs && { clusterIPs }) });
    serviceKind.prepareForUpdate!(draft, old);
    return [draft.spec!.clusterIP, draft.spec!.clusterIPs];
  };
  assert.deepEqual(after("None", ["10.0.0.1"]), ["None", ["None"]]);
  assert.deepEqual(after("10.0.0.1"), ["10.0.0.1", ["10.0.0.1"]]);
  assert.deepEqual(after("10.0.0.2", ["10.0.0.3"]), ["10.0.0.2", ["10.0.0.3"]]);
});

test("an update drops what the new type has no use for, and cannot move the address", () => {
  const old = service({
    type: "NodePort",
    clusterIP: "10.0.0.1",
    clusterIPs: ["10.0.0.1"],
    ports: [{ port: 80, nodePort: 30001 }],
  });
  const draft = structuredClone(old);
  draft.spec!.type = "ClusterIP";
  serviceKind.prepareForUpdate!(draft, old);
  assert.equal(draft.spec!.ports![0]!.nodePort, undefined);
  assert.equal(draft.spec!.externalTrafficPolicy, undefined);
  assert.deepEqual(serviceKind.validate!(draft), []);
  draft.spec!.clusterIP = "10.0.0.2";
  draft.spec!.clusterIPs = ["10.0.0.2"];
  assert.match(serviceKind.validateUpdate!(draft, old)[0]!.message, /may not change once set/);
});

test("kubectl shows services", () => {
  const rows = [
    service({
      clusterIP: "10.0.0.1",
      clusterIPs: ["10.0.0.1"],
      ports: [
        { port: 80, nodePort: 30001 },
        { port: 53, protocol: "UDP", name: "b" },
      ],
    }),
    service({ type: "LoadBalancer", clusterIP: "None", clusterIPs: ["None"], ports: [], selector: { b: "2", a: "1" } }),
  ];
  const cells = tableOf(serviceKind, rows, { nowMs: 0 }).rows.map((row) => row.cells);
  assert.deepEqual(cells, [
    ["a", "ClusterIP", "10.0.0.1", "<none>", "80:30001/TCP,53/UDP", "<unknown>", "<none>"],
    ["a", "LoadBalancer", "None", "<pending>", "<none>", "<unknown>", "a=1,b=2"],
  ]);
});
