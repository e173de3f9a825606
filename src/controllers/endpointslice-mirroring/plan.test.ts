import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoints, Service } from "../../api/generated/core/v1.ts";
import { isMirrored, planMirror } from "./plan.ts";

const endpoints: Endpoints = {
  metadata: {
    name: "db",
    namespace: "default",
    uid: "e1",
    labels: { team: "a" },
    annotations: { note: "x", "kubectl.kubernetes.io/last-applied-configuration": "{}" },
  },
  subsets: [
    {
      addresses: [{ ip: "192.0.2.1" }, { ip: "2001:db8::1" }],
      notReadyAddresses: [{ ip: "192.0.2.2", hostname: "b" }],
      ports: [{ port: 5432, protocol: "TCP" }],
    },
  ],
};
const byHand: Service = { spec: {} };

test("only what people keep by hand for a Service without a selector is mirrored", () => {
  const cases: [Endpoints | undefined, Service | undefined, boolean][] = [
    [endpoints, byHand, true],
    [endpoints, { spec: { selector: { app: "db" } } }, false],
    [endpoints, undefined, false],
    [undefined, byHand, false],
    [{ metadata: { labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } } }, byHand, false],
    [{ metadata: { annotations: { "control-plane.alpha.kubernetes.io/leader": "{}" } } }, byHand, false],
  ];
  for (const [of, service, expected] of cases) assert.equal(isMirrored(of, service), expected);
});

test("each family gets a slice; what is there already is left alone", () => {
  const { create } = planMirror(endpoints, []);
  assert.deepEqual(
    create.map((slice) => [
      slice.addressType,
      slice.endpoints?.map(({ addresses, conditions }) => [addresses[0], conditions?.ready]),
    ]),
    [
      [
        "IPv4",
        [
          ["192.0.2.1", true],
          ["192.0.2.2", false],
        ],
      ],
      ["IPv6", [["2001:db8::1", true]]],
    ],
  );
  assert.deepEqual(create[0]?.metadata?.labels, {
    team: "a",
    "kubernetes.io/service-name": "db",
    "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
  });
  assert.deepEqual(create[0]?.metadata?.annotations, { note: "x" });
  const stored = create.map((slice, index) => ({ ...slice, metadata: { ...slice.metadata, name: `db-${index}` } }));
  assert.deepEqual(planMirror(endpoints, stored), { create: [], update: [], remove: [] });
});

test("changes, other ports and the end", () => {
  const stored = planMirror(endpoints, []).create.map((slice, index) => ({
    ...slice,
    metadata: { ...slice.metadata, name: `db-${index}` },
  }));
  const fewer = { ...endpoints, subsets: [{ ...endpoints.subsets![0]!, addresses: [{ ip: "192.0.2.1" }] }] };
  const changed = planMirror(fewer, stored);
  assert.deepEqual([changed.create.length, changed.update.length], [0, 0]);
  assert.deepEqual(
    changed.remove.map(({ metadata }) => metadata?.name),
    ["db-1"],
  );
  const moved = { ...fewer, subsets: [{ addresses: [{ ip: "192.0.2.9" }], ports: [{ port: 5432 }] }] };
  assert.deepEqual(
    planMirror(moved, stored).update.map(({ metadata, endpoints: of }) => [metadata?.name, of?.[0]?.addresses[0]]),
    [["db-0", "192.0.2.9"]],
  );
  assert.equal(planMirror(undefined, stored).remove.length, 2);
});
