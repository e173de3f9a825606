import assert from "node:assert/strict";
import { test } from "node:test";
import type { ValidatingAdmissionPolicySpec } from "../../../api/generated/admissionregistration.k8s.io/v1.ts";
import {
  configMaps,
  namespaces,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from "../../../api/generated/resources.ts";
import { StatusError } from "../../../api/status.ts";
import { admissionBench } from "../../testing/admission-bench.ts";
import { validatingAdmissionPolicy } from "./validating-policy.ts";

const matchConstraints = {
  resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["*"], resources: ["configmaps"] }],
};
const configMap = { metadata: { name: "c", namespace: "shop" }, data: { a: "1" } };

/** A bench with one policy and a binding for each list of actions. */
function bench(spec: Partial<ValidatingAdmissionPolicySpec>, ...actions: string[][]) {
  const made = admissionBench();
  made.reader.put(namespaces, { metadata: { name: "shop" } });
  made.reader.put(validatingAdmissionPolicies, { metadata: { name: "p" }, spec: { matchConstraints, ...spec } });
  for (const [index, validationActions] of actions.entries()) {
    made.reader.put(validatingAdmissionPolicyBindings, {
      metadata: { name: `b${index}` },
      spec: { policyName: "p", validationActions },
    });
  }
  const plugin = validatingAdmissionPolicy(made);
  const write = (operation: "CREATE" | "DELETE" = "CREATE") =>
    made.run(plugin, {
      resource: configMaps,
      operation,
      ...(operation === "DELETE" ? { oldObject: configMap } : { object: configMap }),
    });
  return { ...made, write };
}

test("a binding without Deny lets pass, and tells the client and the audit", async () => {
  const { write, warnings, annotations } = bench(
    { validations: [{ expression: "true" }, { expression: "false", message: "never" }] },
    ["Warn", "Audit"],
  );
  await write();
  assert.deepEqual(warnings, ["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b0': never"]);
  assert.deepEqual(JSON.parse(annotations["validation.policy.admission.k8s.io/validation_failure"] ?? ""), [
    { message: "never", policy: "p", binding: "b0", expressionIndex: 1, validationActions: ["Warn", "Audit"] },
  ]);
});

test("audit annotations are the policy's, once for all bindings", async () => {
  const spec = {
    auditAnnotations: [
      { key: "keys", valueExpression: "'keys: ' + string(size(object.data))" },
      { key: "nothing", valueExpression: "has(object.data.b) ? 'b' : ''" },
    ],
  };
  const { write, annotations } = bench(spec, ["Deny"], ["Audit"]);
  await write();
  assert.deepEqual(annotations, { "p/keys": "keys: 1" });
});

test("an audit annotation that fails denies, unless failures are ignored", async () => {
  const auditAnnotations = [{ key: "a", valueExpression: "string(object.data.missing)" }];
  await assert.rejects(
    bench({ auditAnnotations }, ["Deny"]).write(),
    (error) => error instanceof StatusError && error.code === 422 && /no such key: missing$/.test(error.message),
  );
  await bench({ auditAnnotations, failurePolicy: "Ignore" }, ["Deny"]).write();
});

test("reasons give the status its code", async () => {
  for (const [reason, code] of [
    ["Unauthorized", 401],
    ["Forbidden", 403],
    ["RequestEntityTooLarge", 413],
    ["Invalid", 422],
  ] as const) {
    await assert.rejects(
      bench({ validations: [{ expression: "false", reason }] }, ["Deny"]).write(),
      (error) => error instanceof StatusError && error.code === code && error.reason === reason,
    );
  }
});

test("a message that is no short line gives way to the next one", async () => {
  const refused = async (validation: object) =>
    bench({ validations: [{ expression: "false", ...validation }] }, ["Deny"])
      .write()
      .then(
        () => "",
        (error: StatusError) => error.status.details?.causes?.[0]?.message?.replace(/^.*denied request: /, ""),
      );
  assert.equal(await refused({}), "failed expression: false");
  assert.equal(await refused({ message: " plain " }), "plain");
  assert.equal(await refused({ message: "plain", messageExpression: "'a\\nb'" }), "plain");
  assert.equal(await refused({ message: "plain", messageExpression: "string(object.data.missing)" }), "plain");
  assert.equal(await refused({ message: "plain", messageExpression: "' told '" }), "told");
});

test("a deleted object is the old one", async () => {
  const { write, warnings } = bench({ validations: [{ expression: "object == null && oldObject.data.a == '2'" }] }, [
    "Warn",
  ]);
  await write("DELETE");
  assert.equal(warnings.length, 1);
});

test("match conditions that fail follow the failure policy", async () => {
  const spec = {
    matchConditions: [{ name: "a", expression: "object.data.missing == 'x'" }],
    validations: [{ expression: "false" }],
  };
  await assert.rejects(
    bench(spec, ["Deny"]).write(),
    /expression 'object\.data\.missing == 'x'' resulted in error: no such key: missing$/,
  );
  await bench({ ...spec, failurePolicy: "Ignore" }, ["Deny"]).write();
});

test("an evaluation that costs too much is a failure", async () => {
  const list = `[${Array.from({ length: 200 }, (_, index) => index).join(",")}]`;
  const expression = `${list}.all(a, ${list}.all(b, ${list}.all(c, a + b + c >= 0)))`;
  await assert.rejects(
    bench({ validations: [{ expression }] }, ["Deny"]).write(),
    /operation cancelled: actual cost limit exceeded$/,
  );
});
