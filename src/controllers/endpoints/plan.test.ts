import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "../../api/generated/core/v1.ts";
import { buildEndpointPod as pod } from "../endpointslice/pod-builders.ts";
import { desiredSubsets, MAX_ADDRESSES, planEndpoints } from "./plan.ts";

const service: Service = {
  metadata: { name: "web", namespace: "default", uid: "svc", labels: { team: "a" } },
  spec: {
    clusterIP: "10.96.0.10",
    ipFamilies: ["IPv4"],
    selector: { app: "web" },
    ports: [{ port: 80, targetPort: 8080 }],
  },
};

test("ready and unready addresses share a subset", () => {
  const [subset, ...more] = desiredSubsets(service, [pod(1), pod(2, { ready: false }), pod(3, { beingDeleted: true })]);
  assert.deepEqual(more, []);
  assert.deepEqual(subset?.ports, [{ port: 8080, protocol: "TCP" }]);
  assert.deepEqual(subset?.addresses, [
    {
      ip: "10.244.0.1",
      nodeName: "node-a",
      targetRef: { kind: "Pod", namespace: "default", name: "web-1", uid: "web-1" },
    },
  ]);
  assert.deepEqual(
    subset?.notReadyAddresses?.map(({ ip }) => ip),
    ["10.244.0.2"],
  );
});

test("an object that is right is left alone, whatever the order in it", () => {
  const created = planEndpoints({ service, pods: [pod(1), pod(2)], current: undefined });
  assert.ok(created);
  assert.equal(created.metadata?.labels?.["endpoints.kubernetes.io/managed-by"], "endpoint-controller");
  created.subsets?.[0]?.addresses?.reverse();
  assert.equal(planEndpoints({ service, pods: [pod(1), pod(2)], current: created }), undefined);
  assert.ok(planEndpoints({ service, pods: [pod(1)], current: created }));
});

test("too many addresses are cut, and the object says so until they are fewer", () => {
  const many = Array.from({ length: MAX_ADDRESSES + 1 }, (_, index) => pod(index, { ready: index !== 7 }));
  const cut = planEndpoints({ service, pods: many, current: undefined });
  assert.equal(cut?.metadata?.annotations?.["endpoints.kubernetes.io/over-capacity"], "truncated");
  assert.equal(cut?.subsets?.[0]?.addresses?.length, MAX_ADDRESSES);
  assert.equal(cut?.subsets?.[0]?.notReadyAddresses, undefined);
  const few = planEndpoints({ service, pods: [pod(1)], current: cut });
  assert.deepEqual(few?.metadata?.annotations, {});
});

test("a headless service without ports has addresses alone", () => {
  const headless: Service = { ...service, spec: { ...service.spec, clusterIP: "None", ports: [] } };
  assert.deepEqual(
    desiredSubsets(headless, [pod(1)]).map((subset) => [subset.ports, subset.addresses?.length]),
    [[undefined, 1]],
  );
});
