import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  configMaps,
  namespaces,
  secrets,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from "../../../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../../../api/meta.ts";
import { StatusError } from "../../../api/status.ts";
import { definitionOf, establish } from "../../crd/testing/definitions.ts";
import { type MemoryServer, startMemoryServer } from "../../testing/memory-server.ts";
import { createAdmissionPlugins } from "../plugins.ts";

/** Upstream's tests of policies whose parameters, parameters' kinds and bindings come, change and go. */

let server: MemoryServer;
before(async () => {
  server = await startMemoryServer({ admission: createAdmissionPlugins });
  await server.client.create(namespaces, { metadata: { name: "default" } });
});
after(() => server.close());

const CONFIG_MAP = { apiVersion: "v1", kind: "ConfigMap" };
const paramRef = (name: string) => ({ name, namespace: "default", parameterNotFoundAction: "Deny" });

const policyOf = (name: string, resource: string, expression: string, spec: object = {}) => ({
  metadata: { name },
  spec: {
    paramKind: CONFIG_MAP,
    matchConstraints: {
      resourceRules: [{ apiGroups: [""], apiVersions: ["*"], operations: ["CREATE"], resources: [resource] }],
    },
    validations: [{ expression }],
    ...spec,
  },
});

async function bind(name: string, policyName: string, spec: object): Promise<void> {
  await server.client.create(validatingAdmissionPolicyBindings, {
    metadata: { name },
    spec: { policyName, validationActions: ["Deny"], ...spec },
  });
}

async function change<T extends ApiObject & { spec?: object }>(
  resource: ResourceReference<T>,
  name: string,
  spec: object,
): Promise<void> {
  const current = await server.client.get(resource, { name });
  await server.client.update(resource, { ...current, spec: { ...current.spec, ...spec } });
}

const create = (name: string) => server.client.create(namespaces, { metadata: { name } });
const denial = async (made: Promise<unknown>): Promise<string> => {
  try {
    await made;
  } catch (error) {
    assert.ok(error instanceof StatusError);
    return error.message.replace(/^.* denied request: /, "");
  }
  return assert.fail("nothing was denied");
};

const data = (name: string, content: Record<string, string>) => ({
  metadata: { name, namespace: "default" },
  data: content,
});

test("each binding judges with its own parameters what it selects", async () => {
  const expression =
    "params.data.autofail != 'true' && (params.data.conditional == 'false' || object.metadata.name.startsWith(params.data.check))";
  await server.client.create(validatingAdmissionPolicies, policyOf("many", "secrets", expression));
  for (const [name, content] of [
    ["fail", { autofail: "true" }],
    ["pass", { autofail: "false", conditional: "false" }],
    ["check", { autofail: "false", conditional: "true", check: "prefix-" }],
  ] as const) {
    await server.client.create(configMaps, data(name, content));
    const objectSelector = { matchExpressions: [{ key: name, operator: "Exists" }] };
    await bind(`many-${name}`, "many", { paramRef: paramRef(name), matchResources: { objectSelector } });
  }
  const secret = (name: string, label: string) =>
    server.client.create(secrets, { metadata: { name, namespace: "default", labels: { [label]: "" } } });
  const failed = `failed expression: ${expression}`;
  assert.equal(await denial(secret("one", "fail")), failed);
  await secret("two", "pass");
  await secret("prefix-three", "check");
  assert.equal(await denial(secret("four", "check")), failed);
  await secret("five", "none");
});

test("parameters, what names them and of what kind they are may change", async () => {
  const expression = "object.metadata.name.startsWith(params.kind.lowerAscii() + '-' + params.metadata.name)";
  await server.client.create(configMaps, data("kinds", {}));
  await server.client.create(configMaps, data("others", {}));
  await server.client.create(secrets, { metadata: { name: "others", namespace: "default" } });
  await server.client.create(validatingAdmissionPolicies, policyOf("kinds", "namespaces", expression));
  await bind("kinds", "kinds", { paramRef: paramRef("kinds") });
  const failed = `failed expression: ${expression}`;
  await create("configmap-kinds");
  assert.equal(await denial(create("configmap-others")), failed);
  await change(validatingAdmissionPolicyBindings, "kinds", { paramRef: paramRef("others") });
  await create("configmap-others");
  await change(validatingAdmissionPolicies, "kinds", { paramKind: { apiVersion: "v1", kind: "Secret" } });
  assert.equal(await denial(create("configmap-others-2")), failed);
  await create("secret-others");
  await server.client.delete(secrets, { name: "others", namespace: "default" });
  const missing = "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction";
  assert.equal(await denial(create("secret-others-2")), missing);
  await change(validatingAdmissionPolicies, "kinds", { failurePolicy: "Ignore" });
  await create("anything");
  await server.client.delete(validatingAdmissionPolicyBindings, { name: "kinds" });
});

test("a parameter's content counts as it is now", async () => {
  const expression = "object.metadata.name.endsWith(params.data.suffix)";
  await server.client.create(configMaps, data("suffix", { suffix: "k8s" }));
  await server.client.create(validatingAdmissionPolicies, policyOf("suffix", "namespaces", expression));
  await bind("suffix", "suffix", { paramRef: paramRef("suffix") });
  await create("one-k8s");
  const stored = await server.client.get(configMaps, { name: "suffix", namespace: "default" });
  await server.client.update(configMaps, { ...stored, data: { suffix: "end" } });
  assert.equal(await denial(create("two-k8s")), `failed expression: ${expression}`);
  await create("two-end");
  await server.client.delete(validatingAdmissionPolicies, { name: "suffix" });
  await create("three-k8s");
  await server.client.delete(validatingAdmissionPolicyBindings, { name: "suffix" });
});

test("parameters of a custom kind count once there is such a kind, and deny until then", async () => {
  const kind = { apiVersion: "stable.example.com/v1", kind: "CronTab" };
  const expression = "object.metadata.name.startsWith(params.metadata.labels['prefix'])";
  await server.client.create(
    validatingAdmissionPolicies,
    policyOf("custom", "namespaces", expression, { paramKind: kind }),
  );
  await create("unbound");
  await bind("custom", "custom", { paramRef: paramRef("p") });
  assert.equal(
    await denial(create("bound")),
    "failed to configure policy: failed to find resource referenced by paramKind: 'stable.example.com/v1, Kind=CronTab'",
  );
  await establish(server, definitionOf());
  const crontabs = {
    group: "stable.example.com",
    version: "v1",
    resource: "crontabs",
    kind: "CronTab",
    namespaced: true,
  };
  const metadata = { name: "p", namespace: "default", labels: { prefix: "test" } };
  await server.client.create(crontabs, { ...kind, metadata });
  await create("test-custom");
  assert.equal(await denial(create("other-custom")), `failed expression: ${expression}`);
});
