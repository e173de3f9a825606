import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  namespaces,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from "../../../api/generated/resources.ts";
import { StatusError } from "../../../api/status.ts";
import { type MemoryServer, startMemoryServer } from "../../testing/memory-server.ts";
import { createAdmissionPlugins } from "../plugins.ts";

/** Upstream's Test_ValidateNamespace_NoParams: what a policy says of namespaces when its binding names no parameters. */

let server: MemoryServer;
before(async () => {
  server = await startMemoryServer({ admission: createAdmissionPlugins });
});
after(() => server.close());

const matchConstraints = {
  resourceRules: [{ apiGroups: [""], apiVersions: ["*"], operations: ["*"], resources: ["namespaces"] }],
};
const ENDS = "object.metadata.name.endsWith('k8s')";
const NULL = "params != null && object.metadata.name.startsWith(params.metadata.name)";
const HAS =
  "has(params.metadata) && has(params.metadata.name) && object.metadata.name.startsWith(params.metadata.name)";
const UNGUARDED = "object.metadata.name.startsWith(params.metadata.name)";
const withParameters = { paramKind: { apiVersion: "v1", kind: "ConfigMap" } };

for (const [what, name, validation, spec, refused] of [
  ["the end of a name", "test-k8s", ENDS, {}, undefined],
  ["another end", "test-other", ENDS, {}, `failed expression: ${ENDS}`],
  ["the request's name", "request-k8s", "request.name.endsWith('k8s')", {}, undefined],
  ["an error that is ignored", "ignored", "object.missing == 'x'", { failurePolicy: "Ignore" }, undefined],
  [
    "an error",
    "erring",
    "object.missing == 'x'",
    {},
    "expression 'object.missing == 'x'' resulted in error: no such key: missing",
  ],
  [
    "parameters that are not there",
    "unguarded",
    UNGUARDED,
    withParameters,
    `expression '${UNGUARDED}' resulted in error: no such key: metadata`,
  ],
  ["parameters looked for by has", "has", HAS, withParameters, `failed expression: ${HAS}`],
  ["parameters compared with null", "null", NULL, withParameters, `failed expression: ${NULL}`],
  ["has, or else the end", "has-k8s", `(${HAS}) || ${ENDS}`, withParameters, undefined],
  ["null, or else the end", "null-k8s", `(${NULL}) || ${ENDS}`, withParameters, undefined],
] as const) {
  test(`a policy without parameters: ${what}`, async () => {
    const policy = { name: `policy-${name}` };
    const binding = { name: `binding-${name}` };
    await server.client.create(validatingAdmissionPolicies, {
      metadata: policy,
      spec: { failurePolicy: "Fail", matchConstraints, validations: [{ expression: validation }], ...spec },
    });
    await server.client.create(validatingAdmissionPolicyBindings, {
      metadata: binding,
      spec: { policyName: policy.name, validationActions: ["Deny"] },
    });
    try {
      const created = server.client.create(namespaces, { metadata: { name } });
      if (refused === undefined) await created;
      else {
        await assert.rejects(created, (error: unknown) => {
          assert.ok(error instanceof StatusError);
          const denial = `ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}' denied request`;
          assert.equal(error.message, `namespaces "${name}" is forbidden: ${denial}: ${refused}`);
          assert.deepEqual([error.code, error.reason], [422, "Invalid"]);
          return true;
        });
      }
    } finally {
      await server.client.delete(validatingAdmissionPolicyBindings, binding);
      await server.client.delete(validatingAdmissionPolicies, policy);
    }
  });
}
