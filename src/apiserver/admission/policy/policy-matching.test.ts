import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { MatchResources } from "../../../api/generated/admissionregistration.k8s.io/v1.ts";
import type { HorizontalPodAutoscaler } from "../../../api/generated/autoscaling/v2.ts";
import {
  configMaps,
  horizontalPodAutoscalers,
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
  await server.client.create(namespaces, { metadata: { name: "shop" } });
});
after(() => server.close());

async function policy(
  name: string,
  match: MatchResources,
  expression: string,
  binding: MatchResources = {},
): Promise<void> {
  const spec = { matchConstraints: match, validations: [{ expression }] };
  await server.client.create(validatingAdmissionPolicies, { metadata: { name }, spec });
  const bound = { policyName: name, validationActions: ["Deny"], matchResources: binding };
  await server.client.create(validatingAdmissionPolicyBindings, { metadata: { name }, spec: bound });
}

const remove = (name: string) => server.client.delete(validatingAdmissionPolicies, { name });
const isRefused = async (write: Promise<unknown>) =>
  write.then(
    () => false,
    (error) => error instanceof StatusError && error.message.includes("ValidatingAdmissionPolicy"),
  );

const rules = (resource: string, group = "", version = "v1") => [
  { apiGroups: [group], apiVersions: [version], operations: ["CREATE", "UPDATE"], resources: [resource] },
];
const create = (name: string, labels: Record<string, string> = {}) =>
  server.client.create(configMaps, { metadata: { namespace: "shop", name, labels } });

test("rules that exclude, names, and the binding's own rules narrow a policy", async () => {
  const excluded = [{ ...rules("configmaps")[0], resourceNames: ["spared"] }];
  await policy("narrow", { resourceRules: rules("configmaps"), excludeResourceRules: excluded }, "false", {
    objectSelector: { matchLabels: { judged: "yes" } },
  });
  assert.equal(await isRefused(create("a", { judged: "yes" })), true);
  assert.equal(await isRefused(create("spared", { judged: "yes" })), false);
  assert.equal(await isRefused(create("b")), false);
  await remove("narrow");
  assert.equal(await isRefused(create("c", { judged: "yes" })), false);
});

const autoscaler = (name: string): HorizontalPodAutoscaler => ({
  metadata: { namespace: "shop", name },
  spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" } },
});

test("a rule for one version is asked about another, in the version that it names", async () => {
  const seen =
    "object.apiVersion == 'autoscaling/v1' && request.kind.version == 'v1' && request.requestKind.version == 'v2' && object.spec.maxReplicas > 5";
  await policy("equivalent", { resourceRules: rules("horizontalpodautoscalers", "autoscaling", "v1") }, seen);
  const one = await server.client.create(horizontalPodAutoscalers, autoscaler("x")).then(
    () => "",
    (error: StatusError) => error.message,
  );
  assert.match(one, /failed expression: object\.apiVersion/);
  const many = { ...autoscaler("y"), spec: { ...autoscaler("y").spec, maxReplicas: 9 } } as HorizontalPodAutoscaler;
  await server.client.create(horizontalPodAutoscalers, many);
  await remove("equivalent");
  await policy(
    "exact",
    { resourceRules: rules("horizontalpodautoscalers", "autoscaling", "v1"), matchPolicy: "Exact" },
    "false",
  );
  await server.client.create(horizontalPodAutoscalers, autoscaler("z"));
  await remove("exact");
});

test("policies never judge policies", async () => {
  const everything = [{ apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"] }];
  await policy("all", { resourceRules: everything }, "false");
  assert.equal(await isRefused(create("d")), true);
  await remove("all");
  assert.equal(await isRefused(create("d")), false);
});

test("a policy that may be invoked again sees what others made of the object", async () => {
  const mutation = (expression: string) => [{ patchType: "JSONPatch", jsonPatch: { expression } }];
  const make = async (name: string, reinvocationPolicy: string, expression: string) => {
    const spec = {
      matchConstraints: { resourceRules: rules("configmaps") },
      reinvocationPolicy,
      mutations: mutation(expression),
    };
    await server.client.create(mutatingAdmissionPolicies, { metadata: { name }, spec });
    await server.client.create(mutatingAdmissionPolicyBindings, { metadata: { name }, spec: { policyName: name } });
  };
  const count = `[JSONPatch{op: "add", path: "/data/keys", value: string(size(object.data))}]`;
  await make("a-count", "IfNeeded", count);
  await make("b-add", "Never", `[JSONPatch{op: "add", path: "/data/added", value: "yes"}]`);
  const made = await server.client.create(configMaps, {
    metadata: { namespace: "shop", name: "counted" },
    data: { one: "1" },
  });
  assert.deepEqual(made.data, { one: "1", added: "yes", keys: "3" });
});
