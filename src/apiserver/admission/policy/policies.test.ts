import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type {
  MutatingAdmissionPolicySpec,
  ValidatingAdmissionPolicySpec,
} from "../../../api/generated/admissionregistration.k8s.io/v1.ts";
import type { Deployment } from "../../../api/generated/apps/v1.ts";
import type { ConfigMap } from "../../../api/generated/core/v1.ts";
import {
  configMaps,
  deployments,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  namespaces,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from "../../../api/generated/resources.ts";
import { StatusError } from "../../../api/status.ts";
import { type MemoryServer, startMemoryServer } from "../../testing/memory-server.ts";
import { createAdmissionPlugins } from "../plugins.ts";

let server: MemoryServer;

before(async () => {
  server = await startMemoryServer({ admission: createAdmissionPlugins });
  for (const name of ["default", "other"]) {
    await server.client.create(namespaces, { metadata: { name, labels: { team: name } } });
  }
});
after(() => server.close());

const rules = (resource: string, group = "") => ({
  resourceRules: [{ apiGroups: [group], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: [resource] }],
});

let made = 0;

/** A validating policy that is bound, in a namespace of its own name; gives its name. */
async function validating(
  spec: Partial<ValidatingAdmissionPolicySpec>,
  binding: { actions?: string[]; paramRef?: object; matchResources?: object } = {},
): Promise<string> {
  const name = `policy-${++made}`;
  await server.client.create(namespaces, { metadata: { name, labels: { team: name } } });
  await server.client.create(validatingAdmissionPolicies, {
    metadata: { name },
    spec: { matchConstraints: { ...rules("configmaps"), namespaceSelector: { matchLabels: { team: name } } }, ...spec },
  });
  await server.client.create(validatingAdmissionPolicyBindings, {
    metadata: { name: `${name}-binding` },
    spec: {
      policyName: name,
      validationActions: binding.actions ?? ["Deny"],
      ...(binding.paramRef && { paramRef: binding.paramRef }),
      ...(binding.matchResources && { matchResources: binding.matchResources }),
    },
  });
  return name;
}

const configMap = (namespace: string, name: string, data: Record<string, string> = {}): ConfigMap => ({
  metadata: { namespace, name },
  data,
});

async function refusal(write: Promise<unknown>): Promise<StatusError> {
  try {
    await write;
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return error;
  }
  return assert.fail("the write was not refused");
}

test("a policy denies what its expression refuses, with upstream's words", async () => {
  const name = await validating({
    variables: [
      { name: "size", expression: "size(object.data)" },
      { name: "big", expression: "variables.size > 1" },
    ],
    validations: [
      { expression: "!variables.big", messageExpression: "'too many: ' + string(variables.size)", reason: "Forbidden" },
      { expression: "object.metadata.name.startsWith('ok')" },
    ],
  });
  await server.client.create(configMaps, configMap(name, "ok-1", { a: "1" }));
  const many = await refusal(server.client.create(configMaps, configMap(name, "ok-2", { a: "1", b: "2" })));
  assert.equal(
    many.message,
    `configmaps "ok-2" is forbidden: ValidatingAdmissionPolicy '${name}' with binding '${name}-binding' denied request: too many: 2`,
  );
  assert.equal(many.code, 403);
  const named = await refusal(server.client.create(configMaps, configMap(name, "no")));
  assert.equal(named.code, 422);
  assert.equal(named.reason, "Invalid");
  assert.match(named.message, /denied request: .*(no such key: data|failed expression)/);
  await server.client.create(configMaps, configMap("other", "no", { a: "1", b: "2" }));
});

test("variables are seen, and failed evaluations follow the failure policy", async () => {
  const strict = await validating({ validations: [{ expression: "object.data.missing == 'x'" }] });
  const error = await refusal(server.client.create(configMaps, configMap(strict, "a", { b: "1" })));
  assert.match(
    error.message,
    /denied request: expression 'object\.data\.missing == 'x'' resulted in error: no such key: missing$/,
  );
  const lenient = await validating({
    failurePolicy: "Ignore",
    validations: [{ expression: "object.data.missing == 'x'" }],
  });
  await server.client.create(configMaps, configMap(lenient, "a", { b: "1" }));
});

test("match conditions, request, namespaceObject and authorizer are there for expressions", async () => {
  const name = await validating({
    matchConditions: [{ name: "not-me", expression: "request.name != 'exempt'" }],
    validations: [
      {
        expression:
          `request.namespace == '${"POLICY"}' && request.operation == 'CREATE' && request.userInfo.username == 'admin'
          && namespaceObject.metadata.labels['team'] == request.namespace && oldObject == null
          && authorizer.group('').resource('secrets').namespace('x').check('get').allowed()
          && authorizer.requestResource.check('create').allowed() && object.data.ok == 'yes'`.replace(
            "POLICY",
            `policy-${made + 1}`,
          ),
        message: "no",
      },
    ],
  });
  await server.client.create(configMaps, configMap(name, "a", { ok: "yes" }));
  await server.client.create(configMaps, configMap(name, "exempt", { ok: "no" }));
  await refusal(server.client.create(configMaps, configMap(name, "b", { ok: "no" })));
});

test("parameters come from the objects that the binding names or selects", async () => {
  await server.client.create(configMaps, {
    ...configMap("default", "limits", { most: "2" }),
    metadata: { namespace: "default", name: "limits", labels: { limits: "yes" } },
  });
  const spec = {
    paramKind: { apiVersion: "v1", kind: "ConfigMap" },
    validations: [
      { expression: "size(object.data) <= int(params.data.most)", messageExpression: "'at most ' + params.data.most" },
    ],
  };
  const byName = await validating(spec, {
    paramRef: { name: "limits", namespace: "default", parameterNotFoundAction: "Deny" },
  });
  await server.client.create(configMaps, configMap(byName, "a", { a: "", b: "" }));
  assert.match(
    (await refusal(server.client.create(configMaps, configMap(byName, "b", { a: "", b: "", c: "" })))).message,
    /denied request: at most 2$/,
  );
  const selector = { matchLabels: { limits: "yes" } };
  const selected = await validating(spec, {
    paramRef: { selector, namespace: "default", parameterNotFoundAction: "Deny" },
  });
  await refusal(server.client.create(configMaps, configMap(selected, "b", { a: "", b: "", c: "" })));
  const missing = await validating(spec, {
    paramRef: { name: "nothing", namespace: "default", parameterNotFoundAction: "Deny" },
  });
  assert.match(
    (await refusal(server.client.create(configMaps, configMap(missing, "a")))).message,
    /denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction$/,
  );
  const allowed = await validating(spec, {
    paramRef: { name: "nothing", namespace: "default", parameterNotFoundAction: "Allow" },
  });
  await server.client.create(configMaps, configMap(allowed, "a", { a: "", b: "", c: "" }));
});

test("expressions must compile when a policy is written", async () => {
  const spec = { matchConstraints: rules("configmaps") };
  const refused = async (more: object) =>
    (
      await refusal(
        server.client.create(validatingAdmissionPolicies, { metadata: { name: "broken" }, spec: { ...spec, ...more } }),
      )
    ).message;
  assert.equal(
    await refused({ validations: [{ expression: "object.x +" }] }).then((message) => message.split("expecting")[0]),
    `ValidatingAdmissionPolicy.admissionregistration.k8s.io "broken" is invalid: spec.validations[0].expression: Invalid value: "object.x +": compilation failed: ERROR: <input>:1:11: Syntax error: mismatched input '<EOF>' `,
  );
  assert.match(
    await refused({ validations: [{ expression: "1" }] }),
    /spec\.validations\[0\]\.expression: Invalid value: "1": must evaluate to bool$/,
  );
  assert.match(await refused({ validations: [{ expression: "params.x == 1" }] }), /undeclared reference to 'params'/);
  assert.match(
    await refused({ validations: [{ expression: "true", messageExpression: "1" }] }),
    /messageExpression: Invalid value: "1": must evaluate to string$/,
  );
  assert.match(
    await refused({ validations: [{ expression: "true" }], matchConditions: [{ name: "a", expression: "nothing" }] }),
    /spec\.matchConditions\[0\]\.expression: .*undeclared reference to 'nothing'/,
  );
  assert.match(
    await refused({ variables: [{ name: "a", expression: "variables.b" }], validations: [{ expression: "true" }] }),
    /spec\.variables\[0\]\.expression: .*undefined field 'b'/,
  );
  assert.match(
    await refused({ auditAnnotations: [{ key: "a", valueExpression: "1" }] }),
    /spec\.auditAnnotations\[0\]\.valueExpression: .*must evaluate to one of \[string null_type\]$/,
  );
});

test("actions Warn and Audit let the request pass", async () => {
  const name = await validating(
    { validations: [{ expression: "false", message: "never" }] },
    { actions: ["Warn", "Audit"] },
  );
  await server.client.create(configMaps, configMap(name, "a"));
});

/** A mutating policy that is bound, for deployments in a namespace of its own name. */
async function mutating(spec: Partial<MutatingAdmissionPolicySpec>): Promise<string> {
  const name = `mutation-${++made}`;
  await server.client.create(namespaces, { metadata: { name, labels: { team: name } } });
  await server.client.create(mutatingAdmissionPolicies, {
    metadata: { name },
    spec: {
      matchConstraints: { ...rules("deployments", "apps"), namespaceSelector: { matchLabels: { team: name } } },
      reinvocationPolicy: "Never",
      ...spec,
    },
  });
  await server.client.create(mutatingAdmissionPolicyBindings, { metadata: { name }, spec: { policyName: name } });
  return name;
}

const deployment = (namespace: string, name: string): Deployment => ({
  metadata: { namespace, name, labels: { app: name } },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "main", image: "x:1" }] } },
  },
});

test("a mutating policy merges an apply configuration by the schema", async () => {
  const name = await mutating({
    mutations: [
      {
        patchType: "ApplyConfiguration",
        applyConfiguration: {
          expression: `Object{
            metadata: Object.metadata{annotations: {"made-by": "policy"}},
            spec: Object.spec{
              replicas: object.spec.replicas + 2,
              template: Object.spec.template{spec: Object.spec.template.spec{
                containers: [Object.spec.template.spec.containers{name: "side", image: "y:1"}]}}}}`,
        },
      },
    ],
  });
  const created = await server.client.create(deployments, deployment(name, "web"));
  assert.equal(created.spec?.replicas, 3);
  assert.equal(created.metadata?.annotations?.["made-by"], "policy");
  assert.deepEqual(
    created.spec?.template.spec?.containers.map((each) => each.name),
    ["main", "side"],
  );
  assert.equal(created.spec?.template.spec?.containers[1]?.imagePullPolicy, "IfNotPresent");
});

test("a mutating policy applies a JSON patch", async () => {
  const name = await mutating({
    variables: [{ name: "key", expression: "jsonpatch.escapeKey('example.com/by')" }],
    mutations: [
      {
        patchType: "JSONPatch",
        jsonPatch: {
          expression: `[JSONPatch{op: "test", path: "/spec/replicas", value: 1},
            JSONPatch{op: "remove", path: "/metadata/labels/app"},
            JSONPatch{op: "add", path: "/metadata/labels/" + variables.key, value: "policy"}]`,
        },
      },
    ],
  });
  const created = await server.client.create(deployments, deployment(name, "web"));
  assert.equal(created.metadata?.labels?.["example.com/by"], "policy");
  const two = await server.client.create(deployments, {
    ...deployment(name, "two"),
    metadata: { namespace: name, name: "two" },
    spec: { ...deployment(name, "two").spec!, replicas: 2 },
  });
  assert.equal(two.metadata?.labels?.["example.com/by"], undefined);
});

test("a mutation that cannot be applied is told", async () => {
  const name = await mutating({
    mutations: [
      { patchType: "ApplyConfiguration", applyConfiguration: { expression: "Object{spec: Object.spec{nothing: 1}}" } },
    ],
  });
  const error = await refusal(server.client.create(deployments, deployment(name, "web")));
  assert.equal(
    error.message,
    `policy '${name}' with binding '${name}' denied request: error applying patch: failed to convert patch object to typed object: .spec.nothing: field not declared in schema`,
  );
  const wrong = await mutating({
    mutations: [
      { patchType: "ApplyConfiguration", applyConfiguration: { expression: "Object{spec: Object.wrong{}}" } },
    ],
  });
  assert.match(
    (await refusal(server.client.create(deployments, deployment(wrong, "web")))).message,
    /type mismatch: unexpected type name "Object\.wrong", expected "Object\.spec"/,
  );
  const spec = { matchConstraints: rules("deployments", "apps"), reinvocationPolicy: "Never" };
  const mutations = [{ patchType: "JSONPatch", jsonPatch: { expression: "'x'" } }];
  assert.match(
    (
      await refusal(
        server.client.create(mutatingAdmissionPolicies, { metadata: { name: "broken" }, spec: { ...spec, mutations } }),
      )
    ).message,
    /spec\.mutations\[0\]\.jsonPatch\.expression: Invalid value: "'x'": must evaluate to list\(JSONPatch\)$/,
  );
});
