import assert from "node:assert/strict";
import { test } from "node:test";
import { addEmptyStructs, lacksStructs } from "./empty-structs.ts";
import type { JsonObject } from "./patch/json-value.ts";
import { loadSchema } from "./schema-data.ts";

const schema = loadSchema();

/** What Go's encoder adds to each of them, checked against the types of k8s.io/api 0.36. */
const cases: readonly [string, JsonObject, JsonObject][] = [
  [
    "io.k8s.api.apps.v1.Deployment",
    { metadata: {}, spec: { replicas: 1, template: { spec: { containers: [{ name: "c" }] } } } },
    {
      metadata: {},
      spec: {
        replicas: 1,
        strategy: {},
        template: { metadata: {}, spec: { containers: [{ name: "c", resources: {} }] } },
      },
      status: {},
    },
  ],
  ["io.k8s.api.core.v1.Service", { metadata: {}, spec: {} }, { metadata: {}, spec: {}, status: { loadBalancer: {} } }],
  ["io.k8s.api.core.v1.ConfigMap", { metadata: {}, data: { a: "b" } }, { metadata: {}, data: { a: "b" } }],
  [
    "io.k8s.api.core.v1.Pod",
    { metadata: {}, spec: { containers: [] }, status: { containerStatuses: [{ name: "c" }] } },
    {
      metadata: {},
      spec: { containers: [] },
      status: {
        containerStatuses: [
          { name: "c", state: {}, lastState: {}, ready: false, restartCount: 0, image: "", imageID: "" },
        ],
      },
    },
  ],
  [
    "io.k8s.api.core.v1.Pod",
    {
      metadata: { creationTimestamp: "2026-01-01T00:00:00Z" },
      spec: { containers: [], volumes: [{ name: "all", projected: {} }] },
      status: { conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }] },
    },
    {
      metadata: { creationTimestamp: "2026-01-01T00:00:00Z" },
      spec: { containers: [], volumes: [{ name: "all", projected: { sources: null } }] },
      status: {
        conditions: [
          { type: "Ready", status: "True", lastProbeTime: null, lastTransitionTime: "2026-01-01T00:00:00Z" },
        ],
      },
    },
  ],
  ["io.k8s.api.rbac.v1.ClusterRole", { metadata: {} }, { metadata: {}, rules: null }],
  [
    "io.k8s.api.discovery.v1.EndpointSlice",
    { metadata: {}, endpoints: [] },
    { metadata: {}, endpoints: [], ports: null },
  ],
  [
    "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
    { metadata: {}, spec: { scaleTargetRef: { kind: "A", name: "b" } }, status: {} },
    {
      metadata: {},
      spec: { scaleTargetRef: { kind: "A", name: "b" } },
      status: { currentMetrics: null, desiredReplicas: 0 },
    },
  ],
  [
    "io.k8s.api.core.v1.Event",
    { metadata: {} },
    { metadata: {}, involvedObject: {}, source: {}, firstTimestamp: null, lastTimestamp: null, eventTime: null },
  ],
  ["io.k8s.api.core.v1.LimitRange", { metadata: {} }, { metadata: {}, spec: { limits: null } }],
  [
    "io.k8s.api.core.v1.PersistentVolumeClaim",
    { metadata: {}, spec: { dataSource: { kind: "PersistentVolumeClaim", name: "a" } } },
    {
      metadata: {},
      spec: { dataSource: { apiGroup: null, kind: "PersistentVolumeClaim", name: "a" }, resources: {} },
      status: {},
    },
  ],
  [
    "io.k8s.api.apps.v1.ReplicaSet",
    { metadata: {}, spec: {} },
    { metadata: {}, spec: { template: { metadata: {}, spec: {} } }, status: { replicas: 0 } },
  ],
];

test("what Go writes for nothing is always there", () => {
  for (const [definition, object, expected] of cases) {
    const complete = structuredClone(object);
    const missing = JSON.stringify(object) !== JSON.stringify(expected);
    assert.equal(lacksStructs(complete, schema, definition), missing, definition);
    assert.deepEqual(complete, object, `${definition}: looking changes nothing`);
    assert.equal(addEmptyStructs(complete, schema, definition), missing, definition);
    assert.deepEqual(complete, expected, definition);
    assert.equal(addEmptyStructs(complete, schema, definition), false, `${definition}: once is enough`);
  }
});
