import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "../../api/generated/core/v1.ts";
import type { EndpointSlice } from "../../api/generated/discovery.k8s.io/v1.ts";
import { MAX_ENDPOINTS, planSlices, sliceLabels } from "./plan.ts";
import { buildEndpointPod as pod } from "./pod-builders.ts";
import type { EndpointPod } from "./pod-facts.ts";

const service: Service = {
  metadata: { name: "web", namespace: "default", uid: "svc", labels: { team: "a" } },
  spec: {
    clusterIP: "10.96.0.10",
    ipFamilies: ["IPv4"],
    selector: { app: "web" },
    ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }],
  },
};

const pods = (count: number): EndpointPod[] => Array.from({ length: count }, (_, index) => pod(index));
const zoneOf = (name: string) => (name === "node-a" ? "zone-a" : undefined);
const plan = (of: { service?: Service; pods?: EndpointPod[]; slices?: EndpointSlice[] }) =>
  planSlices({ service, pods: [], slices: [], zoneOf, ...of });
/** Slices as the server would keep them. */
function stored(slices: readonly EndpointSlice[]): EndpointSlice[] {
  return slices.map((slice, index) => ({ ...slice, metadata: { ...slice.metadata, name: `web-${index}` } }));
}
const sizes = (slices: readonly EndpointSlice[]): number[] => slices.map((slice) => slice.endpoints?.length ?? 0);

test("an endpoint says where and how its pod is", () => {
  const { create } = plan({ pods: [pod(1)] });
  assert.equal(create.length, 1);
  assert.deepEqual(create[0]!.endpoints, [
    {
      addresses: ["10.244.0.1"],
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: "Pod", namespace: "default", name: "web-1", uid: "web-1" },
      nodeName: "node-a",
      zone: "zone-a",
    },
  ]);
  assert.deepEqual(create[0]!.ports, [{ name: "http", protocol: "TCP", port: 8080 }]);
  assert.deepEqual(create[0]!.metadata?.labels, {
    team: "a",
    "kubernetes.io/service-name": "web",
    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
  });
  assert.equal(create[0]!.metadata?.generateName, "web-");
});

const states: { name: string; pod: Partial<EndpointPod>; publish?: boolean; conditions: object }[] = [
  { name: "not ready", pod: { ready: false }, conditions: { ready: false, serving: false, terminating: false } },
  {
    name: "not ready but published",
    pod: { ready: false },
    publish: true,
    conditions: { ready: true, serving: false, terminating: false },
  },
  { name: "terminating", pod: { beingDeleted: true }, conditions: { ready: false, serving: true, terminating: true } },
];
for (const { name, pod: of, publish, conditions } of states) {
  test(`conditions: ${name}`, () => {
    const published = { ...service, spec: { ...service.spec, publishNotReadyAddresses: publish ?? false } };
    assert.deepEqual(
      plan({ service: published, pods: [pod(1, of)] }).create[0]?.endpoints?.[0]?.conditions,
      conditions,
    );
  });
}

test("pods that have ended or have no address are left out; the slice stays as a placeholder", () => {
  const { create } = plan({ pods: [pod(1, { ended: true }), pod(2, { ips: [] })] });
  assert.deepEqual(sizes(create), [0]);
  assert.deepEqual(create[0]?.ports, []);
  const again = plan({ slices: stored(create) });
  assert.deepEqual([again.create, again.update, again.remove], [[], [], []]);
});

test("nothing is written when all is right", () => {
  const existing = stored(plan({ pods: pods(3) }).create);
  const again = plan({ pods: pods(3).reverse(), slices: existing });
  assert.deepEqual([again.create, again.update, again.remove], [[], [], []]);
});

test("a slice holds a hundred endpoints", () => {
  assert.deepEqual(sizes(plan({ pods: pods(250) }).create), [MAX_ENDPOINTS, MAX_ENDPOINTS, 50]);
});

test("a new pod goes into the fullest slice with room, and others stay as they are", () => {
  const existing = stored(plan({ pods: pods(150) }).create);
  const { create, update, remove } = plan({ pods: pods(151), slices: existing });
  assert.deepEqual([create, remove], [[], []]);
  assert.deepEqual(sizes(update), [51]);
  assert.equal(update[0]?.metadata?.name, "web-1");
});

test("a change writes only the slice that holds it", () => {
  const existing = stored(plan({ pods: pods(150) }).create);
  const changed = pods(150);
  changed[120] = pod(120, { ready: false });
  const { create, update, remove } = plan({ pods: changed, slices: existing });
  assert.deepEqual([create, remove], [[], []]);
  assert.deepEqual(
    update.map((slice) => slice.metadata?.name),
    ["web-1"],
  );
});

test("the slice that empties goes, the last one becomes a placeholder", () => {
  const existing = stored(plan({ pods: pods(150) }).create);
  const fewer = plan({ pods: pods(100), slices: existing });
  assert.deepEqual(
    fewer.remove.map((slice) => slice.metadata?.name),
    ["web-1"],
  );
  const none = plan({ slices: stored(plan({ pods: pods(1) }).create) });
  assert.deepEqual([none.create.length, none.remove.length], [0, 0]);
  assert.deepEqual(sizes(none.update), [0]);
  assert.equal(none.update[0]?.metadata?.name, "web-0");
});

test("pods with other numbers for a named port get slices of their own", () => {
  const named = { ...service, spec: { ...service.spec, ports: [{ port: 80, targetPort: "http" }] } };
  const port = (number: number) => ({ namedPorts: [{ name: "http", port: number, protocol: "TCP" }] });
  const { create } = plan({ service: named, pods: [pod(1, port(80)), pod(2, port(81)), pod(3, port(80))] });
  assert.deepEqual(
    create.map((slice) => [slice.ports?.[0]?.port, slice.endpoints?.length]),
    [
      [80, 2],
      [81, 1],
    ],
  );
});

test("a changed label of the service reaches its slices", () => {
  const existing = stored(plan({ pods: pods(1) }).create);
  const relabelled = { ...service, metadata: { ...service.metadata, labels: { team: "b" } } };
  const { update } = plan({ service: relabelled, pods: pods(1), slices: existing });
  assert.equal(update[0]?.metadata?.labels?.team, "b");
});

test("slices of an older service with the same name go", () => {
  const existing = stored(plan({ pods: pods(1) }).create);
  const reborn = { ...service, metadata: { ...service.metadata, uid: "svc-2" } };
  const { create, remove } = plan({ service: reborn, pods: pods(1), slices: existing });
  assert.deepEqual([create.length, remove.length], [1, 1]);
});

test("a headless service is marked; host names show where the subdomain is the service's", () => {
  const headless: Service = { ...service, spec: { ...service.spec, clusterIP: "None" } };
  assert.equal(sliceLabels(headless)["service.kubernetes.io/headless"], "");
  const [slice] = plan({ service: headless, pods: [pod(1, { hostname: "h", subdomain: "web" })] }).create;
  assert.equal(slice?.endpoints?.[0]?.hostname, "h");
});

test("a pod on an unknown node waits for it", () => {
  const { create, missingNodes } = plan({ pods: [pod(1, { nodeName: "node-b" })] });
  assert.deepEqual([sizes(create), missingNodes], [[0], true]);
});

test("both families have their slices", () => {
  const dual = { ...service, spec: { ...service.spec, ipFamilies: ["IPv4", "IPv6"] } };
  const { create } = plan({ service: dual, pods: [pod(1, { ips: ["10.244.0.1", "fd00::1"] })] });
  assert.deepEqual(
    create.map((slice) => [slice.addressType, slice.endpoints?.[0]?.addresses]),
    [
      ["IPv4", ["10.244.0.1"]],
      ["IPv6", ["fd00::1"]],
    ],
  );
});

test("traffic that should stay near gets hints", () => {
  const near = { ...service, spec: { ...service.spec, trafficDistribution: "PreferSameNode" } };
  assert.deepEqual(plan({ service: near, pods: [pod(1)] }).create[0]?.endpoints?.[0]?.hints, {
    forZones: [{ name: "zone-a" }],
    forNodes: [{ name: "node-a" }],
  });
});
