import assert from "node:assert/strict";
import { test } from "node:test";
import { configMaps, deployments, namespaces, nodes, pods } from "../../../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../../../api/meta.ts";
import { MemoryReader } from "../../testing/memory-reader.ts";
import { type AdmissionAttributes, newReinvocation } from "../admission.ts";
import { isExemptFromPolicies, isExemptFromWebhooks } from "./exempt.ts";
import type { ResourceVersions } from "./resource-versions.ts";
import { matchRules, type Rule } from "./rules.ts";
import { compileSelectors, matchesNamespace, matchesObject } from "./selectors.ts";

const versions: ResourceVersions = {
  equivalents: ({ resource }) =>
    resource === "deployments" ? [{ group: "extensions", version: "v1beta1", resource: "deployments" }] : [],
  kindOf: ({ group, version }) => ({ group, version, kind: "Deployment" }),
  resourceOf: () => undefined,
  definitionOf: () => undefined,
  convert: async (object) => object,
  complete: (object) => object,
};

function attributes(
  reference: ResourceReference<never> | ResourceReference<ApiObject>,
  more: Partial<AdmissionAttributes> = {},
): AdmissionAttributes {
  const resource = reference as unknown as ResourceReference;
  return {
    user: { name: "x", groups: [] },
    operation: "CREATE",
    resource,
    subresource: "",
    kind: { group: resource.group, version: resource.version, kind: resource.kind },
    namespace: resource.namespaced ? "shop" : "",
    name: "web",
    dryRun: false,
    reinvocation: newReinvocation(),
    warn: () => {},
    annotate: () => {},
    onEnd: () => {},
    ...more,
  };
}

const rule = (resources: string[], more: Partial<Rule> = {}): Rule => ({
  apiGroups: ["*"],
  apiVersions: ["*"],
  operations: ["*"],
  resources,
  ...more,
});
const of = (reference: unknown): ResourceReference<ApiObject> => reference as ResourceReference<ApiObject>;

const cases: [string, Rule, AdmissionAttributes, boolean][] = [
  ["the resource", rule(["pods"]), attributes(of(pods)), true],
  ["another one", rule(["services"]), attributes(of(pods)), false],
  ["a star is every resource", rule(["*"]), attributes(of(pods)), true],
  ["but no subresource", rule(["*"]), attributes(of(pods), { subresource: "exec" }), false],
  ["a named subresource", rule(["pods/exec"]), attributes(of(pods), { subresource: "exec" }), true],
  ["is not its resource", rule(["pods/exec"]), attributes(of(pods)), false],
  ["every subresource, and the resource", rule(["pods/*"]), attributes(of(pods)), true],
  ["a subresource of all", rule(["*/scale"]), attributes(of(deployments), { subresource: "scale" }), true],
  ["everything", rule(["*/*"]), attributes(of(pods), { subresource: "status" }), true],
  ["an operation", rule(["pods"], { operations: ["DELETE"] }), attributes(of(pods)), false],
  ["a group", rule(["deployments"], { apiGroups: [""] }), attributes(of(deployments)), false],
  ["a version", rule(["pods"], { apiVersions: ["v2"] }), attributes(of(pods)), false],
  ["namespaced", rule(["*"], { scope: "Namespaced" }), attributes(of(nodes)), false],
  ["cluster", rule(["*"], { scope: "Cluster" }), attributes(of(nodes)), true],
  ["a namespace is of the cluster", rule(["*"], { scope: "Cluster" }), attributes(of(namespaces)), true],
  ["a name", rule(["pods"], { resourceNames: ["web"] }), attributes(of(pods)), true],
  ["another name", rule(["pods"], { resourceNames: ["db"] }), attributes(of(pods)), false],
];

for (const [name, given, request, expected] of cases) {
  test(`rules: ${name}`, () => {
    const found = matchRules([given], request, { matchPolicy: "Exact", versions });
    assert.equal(found !== undefined, expected);
  });
}

test("rules: an equivalent resource matches only under the policy Equivalent", () => {
  const old = rule(["deployments"], { apiGroups: ["extensions"] });
  const request = attributes(of(deployments));
  assert.equal(matchRules([old], request, { matchPolicy: "Exact", versions }), undefined);
  assert.deepEqual(matchRules([old], request, { matchPolicy: "Equivalent", versions }), {
    resource: { group: "extensions", version: "v1beta1", resource: "deployments" },
    kind: { group: "extensions", version: "v1beta1", kind: "Deployment" },
  });
  const both = matchRules([old, rule(["deployments"])], request, { matchPolicy: "Equivalent", versions });
  assert.equal(both?.resource.group, "apps");
});

test("selectors: objects as they are and as they were; namespaces by their own labels", async () => {
  const reader = new MemoryReader().put(namespaces, { metadata: { name: "shop", labels: { env: "prod" } } });
  const selectors = compileSelectors({
    namespaceSelector: { matchLabels: { env: "prod" } },
    objectSelector: { matchLabels: { app: "web" } },
  });
  const labelled = { metadata: { labels: { app: "web" } } };
  assert.equal(matchesObject(selectors, attributes(of(pods), { object: {}, oldObject: labelled })), true);
  assert.equal(matchesObject(selectors, attributes(of(pods), { object: { metadata: {} } })), false);
  const selected = (request: AdmissionAttributes) => matchesNamespace(selectors, request, reader);
  assert.equal(await selected(attributes(of(configMaps))), true);
  assert.equal(await selected(attributes(of(nodes))), true);
  const made = (labels: Record<string, string>) => attributes(of(namespaces), { object: { metadata: { labels } } });
  assert.equal(await selected(made({ env: "prod" })), true);
  assert.equal(await selected(made({})), false);
  const deleted = attributes(of(namespaces), { operation: "DELETE", name: "shop" });
  assert.equal(await selected(deleted), true);
  await assert.rejects(selected(attributes(of(pods), { namespace: "gone" })), /namespaces "gone" not found/);
});

test("webhooks do not judge what configures webhooks and policies, policies not what configures policies", () => {
  const cases: [resource: string, webhooks: boolean, policies: boolean][] = [
    ["mutatingwebhookconfigurations", true, false],
    ["validatingwebhookconfigurations", true, false],
    ["mutatingadmissionpolicies", true, true],
    ["validatingadmissionpolicybindings", true, true],
  ];
  for (const [resource, webhooks, policies] of cases) {
    const asked = attributes({ ...of(pods), group: "admissionregistration.k8s.io", version: "v1", resource });
    assert.deepEqual([isExemptFromWebhooks(asked), isExemptFromPolicies(asked)], [webhooks, policies], resource);
  }
  assert.deepEqual(
    [isExemptFromWebhooks(attributes(of(pods))), isExemptFromPolicies(attributes(of(pods)))],
    [false, false],
  );
});

test("policies do not judge who asks what somebody is and may do; webhooks are asked", () => {
  const reference = { group: "authorization.k8s.io", version: "v1", resource: "subjectaccessreviews" };
  const asked = attributes({ ...of(pods), ...reference });
  assert.deepEqual([isExemptFromWebhooks(asked), isExemptFromPolicies(asked)], [false, true]);
});
