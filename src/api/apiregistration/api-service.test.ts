import assert from "node:assert/strict";
import { test } from "node:test";
import { testNew, wrongWithStatus } from "../testing/kind-table.ts";
import { apiServiceKind } from "./api-service.ts";

const service = (spec: object, name = "v1.example.com") => ({
  metadata: { name },
  spec: { group: "example.com", version: "v1", groupPriorityMinimum: 1, versionPriority: 1, ...spec },
});

testNew(apiServiceKind, [
  ["local", service({})],
  ["elsewhere", service({ service: { namespace: "a", name: "b" } })],
  [
    "another name",
    service({}, "a"),
    'metadata.name: Invalid value: "a": must be `spec.version+"."+spec.group`: "v1.example.com"',
  ],
  [
    "no group",
    service({ group: "", version: "v2" }, "v2."),
    "spec.group: Required value: only v1 may have an empty group and it better be legacy kube",
  ],
  [
    "priorities",
    service({ groupPriorityMinimum: 20001, versionPriority: 0 }),
    "spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000",
    "spec.versionPriority: Invalid value: 0: must be positive and less than 1000",
  ],
  [
    "local, and trusted or not",
    service({ caBundle: "AAAA", insecureSkipTLSVerify: true }),
    'spec.caBundle: Invalid value: "3 bytes": local APIServices may not have a caBundle',
    "spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify",
  ],
  [
    "elsewhere, but nowhere",
    service({ service: { port: 0 }, caBundle: "AAAA", insecureSkipTLSVerify: true }),
    "spec.service.namespace: Required value",
    "spec.service.name: Required value",
    "spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive",
    "spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present",
  ],
]);

test("APIService status: conditions are true, false or unknown", () => {
  const wrong = { ...service({}), status: { conditions: [{ type: "Available", status: "Maybe" }] } };
  assert.deepEqual(wrongWithStatus(apiServiceKind, wrong), [
    'status.conditions[0].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown"',
  ]);
});
