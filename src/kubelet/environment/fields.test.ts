import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import { fieldValue, resourceValue } from "./fields.ts";

const pod: Pod = {
  metadata: {
    name: "web",
    namespace: "shop",
    uid: "u1",
    labels: { b: "2", a: 'say "hi"' },
    annotations: { note: "x" },
  },
  spec: {
    nodeName: "n1",
    serviceAccountName: "robot",
    containers: [
      { name: "main", resources: { limits: { cpu: "1500m", memory: "1Gi" }, requests: { cpu: "250m" } } },
      { name: "free" },
    ],
  },
};
const facts = {
  nodeName: "n1",
  hostIps: ["192.0.2.1"],
  podIps: ["10.244.0.5", "fd00::5"],
  allocatable: { cpu: 4000, memory: 8 * 1024 ** 3 },
};

for (const [fieldPath, wanted] of [
  ["metadata.name", "web"],
  ["metadata.namespace", "shop"],
  ["metadata.uid", "u1"],
  ["metadata.labels", 'a="say \\"hi\\""\nb="2"'],
  ["metadata.labels['b']", "2"],
  ["metadata.annotations['note']", "x"],
  ["metadata.annotations['missing']", ""],
  ["spec.nodeName", "n1"],
  ["spec.serviceAccountName", "robot"],
  ["status.hostIP", "192.0.2.1"],
  ["status.podIP", "10.244.0.5"],
  ["status.podIPs", "10.244.0.5,fd00::5"],
  ["spec.priority", undefined],
] as const) {
  test(`the field ${fieldPath}`, () => assert.equal(fieldValue({ fieldPath }, pod, facts), wanted));
}

for (const [containerName, resource, divisor, wanted] of [
  ["main", "limits.cpu", undefined, "2"],
  ["main", "limits.cpu", "1m", "1500"],
  ["main", "requests.cpu", "1m", "250"],
  ["main", "limits.memory", "1Mi", "1024"],
  ["main", "requests.memory", "1Mi", "1024"],
  ["free", "limits.cpu", undefined, "4"],
  ["free", "requests.cpu", undefined, "0"],
  ["nobody", "limits.cpu", undefined, undefined],
] as const) {
  test(`${resource} of ${containerName} in ${divisor ?? "units"}`, () => {
    assert.equal(resourceValue({ containerName, resource, divisor }, pod, facts), wanted);
  });
}
