import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  MutatingAdmissionPolicySpec,
  ValidatingAdmissionPolicyBindingSpec,
  ValidatingAdmissionPolicySpec,
} from "../generated/admissionregistration.k8s.io/v1.ts";
import type { ApiObject } from "../meta.ts";
import { mutatingAdmissionPolicyKinds, validatingAdmissionPolicyKind } from "./admission-policy.ts";
import { admissionPolicyBindingKinds } from "./policy-binding.ts";

const matchConstraints = {
  resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
};
const show = (errors: readonly { field: string; message: string }[] | undefined) =>
  (errors ?? []).map(({ field, message }) => `${field}: ${message}`);

const validating = (spec: Partial<ValidatingAdmissionPolicySpec>) =>
  show(
    validatingAdmissionPolicyKind.validate?.({
      metadata: { name: "p" },
      spec: { matchConstraints, ...spec },
    } as ApiObject),
  );
const mutating = (spec: Partial<MutatingAdmissionPolicySpec>) =>
  show(
    mutatingAdmissionPolicyKinds[0]?.validate?.({
      metadata: { name: "p" },
      spec: { matchConstraints, reinvocationPolicy: "Never", ...spec },
    } as ApiObject),
  );
const binding = (spec: Partial<ValidatingAdmissionPolicyBindingSpec>) =>
  show(
    admissionPolicyBindingKinds[0]?.validate?.({
      spec: { policyName: "p", validationActions: ["Deny"], ...spec },
    } as ApiObject),
  );

const fine = [{ expression: "true" }];

test("validating policies", () => {
  assert.deepEqual(validating({ validations: fine }), []);
  assert.deepEqual(validating({}), [
    "spec.validations: Required value: validations or auditAnnotations must contain at least one item",
    "spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item",
  ]);
  assert.deepEqual(
    validating({ validations: [{ expression: " ", message: "a\nb", messageExpression: " ", reason: "Gone" }] }),
    [
      "spec.validations[0].expression: Required value: expression is not specified",
      'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
      'spec.validations[0].message: Invalid value: "a\\nb": must not contain line breaks',
      'spec.validations[0].reason: Unsupported value: "Gone": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
    ],
  );
  assert.deepEqual(
    validating({
      validations: fine,
      variables: [
        { name: "for", expression: "" },
        { name: "", expression: "1" },
      ],
    }),
    [
      'spec.variables[0].name: Invalid value: "for": must be a valid CEL identifier',
      "spec.variables[0].expression: Required value: expression is not specified",
      "spec.variables[1].name: Required value: name is not specified",
    ],
  );
  assert.deepEqual(validating({ validations: fine, paramKind: { apiVersion: "a/b/c", kind: "" } }), [
    'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
    "spec.paramKind.kind: Required value",
  ]);
  const conditions = { validations: fine, matchConditions: [{ name: "", expression: "" }] };
  const known = { spec: { matchConstraints, ...conditions } } as ApiObject;
  assert.deepEqual(show(validatingAdmissionPolicyKind.validate?.(known, known)), []);
  assert.equal(validating(conditions).length, 2);
  const annotation = { key: "a", valueExpression: "'x'" };
  assert.deepEqual(validating({ auditAnnotations: [annotation, annotation] }), [
    'spec.auditAnnotations[1].key: Duplicate value: "a"',
  ]);
  assert.equal(validating({ auditAnnotations: [{ key: "a b", valueExpression: "" }] }).length, 2);
  const [rule] = matchConstraints.resourceRules;
  const named = { resourceRules: [{ ...rule, resourceNames: ["a/b", "c", "c"] }] };
  assert.deepEqual(validating({ validations: fine, matchConstraints: named }), [
    "spec.matchConstraints.resourceRules[0].resourceNames[0]: Invalid value: \"a/b\": may not contain '/'",
    'spec.matchConstraints.resourceRules[0].resourceNames[2]: Duplicate value: "c"',
  ]);
});

test("mutating policies", () => {
  const applyConfiguration = { expression: "Object{}" };
  assert.deepEqual(mutating({ mutations: [{ patchType: "ApplyConfiguration", applyConfiguration }] }), []);
  const deletes = { resourceRules: [{ ...matchConstraints.resourceRules[0], operations: ["DELETE"] }] };
  const mutations = [{ patchType: "JSONPatch", jsonPatch: { expression: " " } }];
  assert.deepEqual(mutating({ matchConstraints: deletes, mutations, reinvocationPolicy: "" }), [
    'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    "spec.mutations[0].jsonPatch.expression: Required value",
    "spec.reinvocationPolicy: Required value",
  ]);
  assert.deepEqual(mutating({}), ["spec.mutations: Required value: mutations must contain at least one item"]);
  assert.deepEqual(
    mutating({ mutations: [{ patchType: "JSONPatch", applyConfiguration }, { patchType: "" }, { patchType: "x" }] }),
    [
      "spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch",
      'spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch',
      "spec.mutations[1].patchType: Required value",
      'spec.mutations[2].patchType: Unsupported value: "x": supported values: "ApplyConfiguration", "JSONPatch"',
    ],
  );
});

test("bindings", () => {
  assert.deepEqual(binding({}), []);
  assert.deepEqual(binding({ policyName: "", validationActions: ["Deny", "Deny", "Warn"] }), [
    "spec.policyName: Required value",
    'spec.validationActions[1]: Duplicate value: "Deny"',
    'spec.validationActions: Invalid value: ["Deny","Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
  ]);
  assert.deepEqual(binding({ paramRef: { name: "a", selector: {} } }), [
    "spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
    "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
    "spec.paramRef.parameterNotFoundAction: Required value",
  ]);
});
