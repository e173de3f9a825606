import assert from "node:assert/strict";
import { test } from "node:test";
import { testChange, testNew, wrongWithStatus } from "../testing/kind-table.ts";
import { validatingAdmissionPolicyKind } from "./admission-policy.ts";
import { admissionPolicyBindingKinds } from "./policy-binding.ts";
import { mutatingWebhookConfigurationKind, validatingWebhookConfigurationKind } from "./webhook-configuration.ts";

const webhook = (over: object = {}) => ({
  name: "check.example.com",
  clientConfig: { url: "https://example.com/check" },
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  ...over,
});
const of = (...webhooks: object[]) => ({ webhooks });
const rule = (over: object) =>
  of(webhook({ rules: [{ operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], ...over }] }));
const RULE = "webhooks[0].rules[0]";

testNew(validatingWebhookConfigurationKind, [
  ["sound", of(webhook())],
  [
    "nothing, in upstream's order",
    of({ name: "a.b", timeoutSeconds: 31 }),
    'webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
    "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun",
    "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds",
    "webhooks[0].clientConfig: Required value: exactly one of url or service is required",
    "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1",
  ],
  [
    "names and versions twice",
    of(webhook({ admissionReviewVersions: ["v2", "v2"] }), webhook()),
    'webhooks[0].admissionReviewVersions[1]: Invalid value: "v2": duplicate version',
    'webhooks[0].admissionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1',
    'webhooks[1].name: Duplicate value: "check.example.com"',
  ],
  [
    "a URL with everything",
    of(webhook({ clientConfig: { url: "http://me:pw@example.com/?q=1#f" } })),
    `webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
    'webhooks[0].clientConfig.url: Invalid value: "me:pw": user information is not permitted in the URL',
    'webhooks[0].clientConfig.url: Invalid value: "f": fragments are not permitted in the URL',
    'webhooks[0].clientConfig.url: Invalid value: "q=1": query parameters are not permitted in the URL',
  ],
  [
    "a service nowhere",
    of(webhook({ clientConfig: { service: { path: "//", port: 0 } } })),
    "webhooks[0].clientConfig.service.name: Required value: service name is required",
    "webhooks[0].clientConfig.service.namespace: Required value: service namespace is required",
    "webhooks[0].clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive",
    'webhooks[0].clientConfig.service.path: Invalid value: "//": segment[0] may not be empty',
  ],
  [
    "an empty rule",
    of(webhook({ rules: [{}] })),
    `${RULE}.operations: Required value`,
    `${RULE}.apiGroups: Required value`,
    `${RULE}.apiVersions: Required value`,
    `${RULE}.resources: Required value`,
  ],
  [
    "all and more",
    rule({ operations: ["*", "CREATE"], apiVersions: ["*", ""] }),
    `${RULE}.operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`,
    `${RULE}.apiVersions: Invalid value: ["*",""]: if '*' is present, must not specify other API versions`,
    `${RULE}.apiVersions[1]: Required value`,
  ],
  [
    "what is set to nothing",
    of(webhook({ failurePolicy: "", matchPolicy: "", sideEffects: "" })),
    'webhooks[0].failurePolicy: Unsupported value: "": supported values: "Fail", "Ignore"',
    'webhooks[0].matchPolicy: Unsupported value: "": supported values: "Equivalent", "Exact"',
    'webhooks[0].sideEffects: Unsupported value: "": supported values: "None", "NoneOnDryRun"',
  ],
  [
    "what is set to nothing in a rule",
    rule({ operations: [""], scope: "" }),
    `${RULE}.operations[0]: Unsupported value: "": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"`,
    `${RULE}.scope: Unsupported value: "": supported values: "*", "Cluster", "Namespaced"`,
  ],
  [
    "all resources and one more",
    rule({ resources: ["*", "pods"] }),
    `${RULE}.resources: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources without subresources`,
  ],
  ["all resources, told last", rule({ resources: ["pods", "*"] })],
  [
    "conditions",
    of(webhook({ matchConditions: [{}, { name: "a", expression: "true" }, { name: "a", expression: "true" }] })),
    "webhooks[0].matchConditions[0].expression: Required value",
    "webhooks[0].matchConditions[0].name: Required value",
    'webhooks[0].matchConditions[2].name: Duplicate value: "a"',
  ],
]);
testNew(mutatingWebhookConfigurationKind, [
  [
    "called again",
    of(webhook({ reinvocationPolicy: "Always" })),
    'webhooks[0].reinvocationPolicy: Unsupported value: "Always": supported values: "IfNeeded", "Never"',
  ],
]);
const mislabelled = { objectSelector: { matchExpressions: [{ key: "a", operator: "In", values: ["?"] }] } };
const mute = (name: string) => ({ matchConditions: [{ name, expression: "" }] });
const odd = webhook({ sideEffects: "Some", admissionReviewVersions: ["v2"] });
testChange(validatingWebhookConfigurationKind, [
  ["what was done wrong may go on", of(odd, odd), of(odd, odd)],
  ["a label that is none may go on", of(webhook(mislabelled)), of(webhook(mislabelled), webhook())],
  ["conditions that say nothing may go on", of(webhook(mute("a")), webhook()), of(webhook(mute("a")), webhook())],
  [
    "but not others",
    of(webhook(mute("b"))),
    of(webhook(mute("a"))),
    "webhooks[0].matchConditions[0].expression: Required value",
  ],
  [
    "what was done well does not get worse",
    of(odd),
    of(webhook()),
    'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
    'webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
  ],
]);

const [validatingBinding] = admissionPolicyBindingKinds;
testNew(validatingBinding!, [
  [
    "parameters, resources and actions, in this order",
    {
      spec: {
        policyName: "a",
        paramRef: { name: "a", parameterNotFoundAction: "Maybe" },
        matchResources: { matchPolicy: "Some" },
        validationActions: [],
      },
    },
    'spec.paramRef.parameterNotFoundAction: Unsupported value: "Maybe": supported values: "Deny", "Allow"',
    'spec.matchResources.matchPolicy: Unsupported value: "Some": supported values: "Equivalent", "Exact"',
    "spec.validationActions: Required value: at least one validation action is required",
  ],
]);

test("the status of a policy says what is meant", () => {
  const status = { typeChecking: { expressionWarnings: [{ fieldRef: " ", warning: "" }] }, conditions: [] };
  assert.deepEqual(wrongWithStatus(validatingAdmissionPolicyKind, { status }), [
    "status.typeChecking.expressionWarnings[0].warning: Required value",
    "status.typeChecking.expressionWarnings[0].fieldRef: Required value",
  ]);
  const warn = (fieldRef: string) => ({
    status: { typeChecking: { expressionWarnings: [{ fieldRef, warning: "w" }] } },
  });
  assert.deepEqual(wrongWithStatus(validatingAdmissionPolicyKind, warn("spec.validations[0].expression")), []);
  assert.deepEqual(wrongWithStatus(validatingAdmissionPolicyKind, warn("spec.validations[")), [
    'status.typeChecking.expressionWarnings[0].fieldRef: Invalid value: "spec.validations[": invalid JSONPath: unterminated array',
  ]);
});
