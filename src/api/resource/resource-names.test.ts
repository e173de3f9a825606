import assert from "node:assert/strict";
import { test } from "node:test";
import { testChange, testNew } from "../testing/kind-table.ts";
import { deviceTaintRuleKinds } from "./device-taint.ts";
import { resourceKinds } from "./resource-claim.ts";
import { keyed, validateDriver, validatePool, validateQualifiedName } from "./resource-names.ts";

const lines = (errors: readonly { message: string }[]) => errors.map(({ message }) => message);
const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

test("all that is wrong with a name is told, and of a pool which part", () => {
  assert.deepEqual(lines(validateDriver("", "")), ["Required value"]);
  assert.deepEqual(lines(validateDriver("_".repeat(64), "")), [
    "Too long: may not be more than 63 bytes",
    `Invalid value: "${"_".repeat(64)}": ${SUBDOMAIN}`,
  ]);
  assert.deepEqual(lines(validatePool("", "")), ["Required value"]);
  assert.deepEqual(lines(validatePool("a/!", "")), [`Invalid value: "!": ${SUBDOMAIN}`]);
  assert.deepEqual(lines(validatePool(`a${"/b".repeat(127)}`, "")), ["Too long: may not be more than 253 bytes"]);
  assert.deepEqual(lines(validateQualifiedName(`${"a".repeat(64)}/b`, "")), [
    "Too long: may not be more than 63 bytes",
  ]);
});

test("long keys are shown without their middle", () => {
  assert.equal(keyed("a", "12345678", 8), "a[12345678]");
  assert.equal(keyed("a", "123456789", 8), "a[123...89]");
});

const [claim, , deviceClass, slice] = resourceKinds;
testNew(claim!, [
  [
    "a request without a name",
    { spec: { devices: { requests: [{ name: "", exactly: { deviceClassName: "a" } }] } } },
    `spec.devices.requests[0].name: Invalid value: "": ${LABEL}`,
  ],
]);

const config = [{ opaque: { driver: "a", parameters: { text: "x".repeat(10_240) } } }];
const selectors = [{ cel: { expression: `"${"x".repeat(10_240)}" == ""` } }];
testChange(deviceClass!, [
  [
    "what is too long stays with what it stands among",
    { spec: { config, selectors } },
    { spec: { config, selectors } },
  ],
  [
    "but not among others",
    { spec: { config: [...config, ...config], selectors } },
    { spec: { config } },
    "spec.selectors[0].cel.expression: Too long: may not be more than 10240 bytes",
    "spec.config[0].opaque.parameters: Too long: may not be more than 10240 bytes",
    "spec.config[1].opaque.parameters: Too long: may not be more than 10240 bytes",
  ],
]);

const amounts = (value: string, requestPolicy: object) => ({
  spec: {
    driver: "a",
    nodeName: "a",
    pool: { name: "a", resourceSliceCount: 1 },
    devices: [{ name: "a", allowMultipleAllocations: true, capacity: { memory: { value, requestPolicy } } }],
  },
});
const POLICY = "spec.devices[0].capacity[memory].requestPolicy";
testNew(slice!, [
  [
    "parts of a unit count as one",
    amounts("4", { default: "1", validValues: ["500m", "1"] }),
    `${POLICY}.validValues[1]: Duplicate value: "1"`,
  ],
  ["and make a step", amounts("4", { default: "1", validRange: { min: "500m", step: "2" } })],
  [
    "of too many amounts none is known",
    amounts("20", { default: "1", validValues: Array.from({ length: 11 }, (_, index) => `${index + 1}`) }),
    `${POLICY}.validValues: Too many: 11: must have at most 10 items`,
    `${POLICY}.validValues: Invalid value: "1": default value is not valid according to the requestPolicy`,
  ],
]);

const odd = { spec: { taint: { key: "a", effect: "Odd" } } };
testNew(deviceTaintRuleKinds[0]!, [
  [
    "selected by nothing, with an effect that nobody knows",
    { spec: { ...odd.spec, deviceSelector: { driver: "", pool: "", device: "" } } },
    "spec.deviceSelector.driver: Required value",
    "spec.deviceSelector.pool: Required value",
    `spec.deviceSelector.device: Invalid value: "": ${LABEL}`,
    'spec.taint.effect: Unsupported value: "Odd": supported values: "NoExecute", "NoSchedule", "None"',
  ],
]);
testChange(deviceTaintRuleKinds[0]!, [["an effect of another version", odd, odd]]);
