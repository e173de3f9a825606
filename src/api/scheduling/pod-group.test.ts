import assert from "node:assert/strict";
import { test } from "node:test";
import { testChange, testNew, wrongWithStatus } from "../testing/kind-table.ts";
import { podGroupKind, workloadKind } from "./pod-group.ts";

const gang = { schedulingPolicy: { gang: { minCount: 2 } } };
const template = { name: "workers", ...gang };
const workload = (podGroupTemplates: readonly object[], more: object = {}) => ({
  spec: { podGroupTemplates, ...more },
});
const controllerRef = { apiGroup: "apps", kind: "Deployment", name: "web" };

testNew(workloadKind, [
  ["sound", workload([template], { controllerRef })],
  [
    "twice the same",
    workload([template, template]),
    'spec.podGroupTemplates[1]: Duplicate value: {"name":"workers","schedulingPolicy":{"gang":{"minCount":2}}}',
  ],
  [
    "too many are not looked at",
    workload(Array.from({ length: 9 }, () => ({}))),
    "spec.podGroupTemplates: Too many: 9: must have at most 8 items",
  ],
]);
testChange(workloadKind, [
  [
    "what has changed is not looked at further",
    workload([{ name: "", schedulingPolicy: {} }]),
    workload([template]),
    'spec.podGroupTemplates: Invalid value: [{"name":"","schedulingPolicy":{}}]: field is immutable',
  ],
  [
    "a controller that was not there",
    workload([template], { controllerRef }),
    workload([template]),
    'spec.controllerRef: Invalid value: {"apiGroup":"apps","kind":"Deployment","name":"web"}: field is immutable',
  ],
]);
testChange(podGroupKind, [
  [
    "another policy",
    { spec: { schedulingPolicy: {} } },
    { spec: gang },
    "spec.schedulingPolicy: Invalid value: {}: field is immutable",
  ],
]);

test("the status of a group has conditions", () => {
  const once = {
    type: "PodGroupScheduled",
    status: "True",
    reason: "Done",
    lastTransitionTime: "2030-01-01T00:00:00Z",
  };
  assert.deepEqual(wrongWithStatus(podGroupKind, { spec: gang, status: { conditions: [once, once] } }), [
    'status.conditions[1].type: Duplicate value: "PodGroupScheduled"',
  ]);
});
