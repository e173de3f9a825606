import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { MutatingWebhook } from "../../../api/generated/admissionregistration.k8s.io/v1.ts";
import type { HorizontalPodAutoscaler } from "../../../api/generated/autoscaling/v1.ts";
import type { ConfigMap, Pod } from "../../../api/generated/core/v1.ts";
import {
  configMaps,
  deployments,
  horizontalPodAutoscalers,
  mutatingWebhookConfigurations,
  namespaces,
  pods,
  serviceAccounts,
} from "../../../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../../../api/meta.ts";
import { StatusError } from "../../../api/status.ts";
import { silentLogger } from "../../../base/log.ts";
import { seededRandom } from "../../../base/random.ts";
import type { Client } from "../../../client/client.ts";
import { connectSubresources } from "../../connect/connect.ts";
import { type AdmissionHook, startAdmissionHook } from "../../testing/admission-hook.ts";
import { type MemoryServer, startMemoryServer } from "../../testing/memory-server.ts";
import { createAdmissionPlugins } from "../plugins.ts";

let hook: AdmissionHook;
let server: MemoryServer;
let client: Client;

before(async () => {
  hook = await startAdmissionHook(() => ({}));
  const nowhere = { ca: "", cert: "", key: "" };
  server = await startMemoryServer({
    admission: createAdmissionPlugins,
    subresources: connectSubresources({
      tls: () => nowhere,
      reader: () => server.server.reader,
      random: seededRandom(1),
      log: silentLogger,
    }),
  });
  client = server.client;
  await client.create(namespaces, { metadata: { name: "shop" } });
  await client.create(serviceAccounts, { metadata: { name: "default", namespace: "shop" } });
});
after(async () => {
  await server.close();
  await hook.close();
});
beforeEach(async () => {
  await client.delete(mutatingWebhookConfigurations, { name: "a" }).catch(() => undefined);
  await client.delete(configMaps, { namespace: "shop", name: "c" }).catch(() => undefined);
  hook.calls.length = 0;
  hook.respond = hook.review;
});

type Rules = MutatingWebhook["rules"];
const onConfigMaps: Rules = [
  { apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: ["CREATE", "UPDATE"] },
];
const ruleFor = (group: string, version: string, resource: string, operations = ["*"]): Rules => [
  { apiGroups: [group], apiVersions: [version], resources: [resource], operations },
];
const configure = (webhooks: Partial<MutatingWebhook>[]) =>
  client.create(mutatingWebhookConfigurations, {
    metadata: { name: "a" },
    webhooks: webhooks.map((each, index) => ({
      name: `hook-${index}.example.com`,
      clientConfig: { url: `${hook.url}/${index}`, caBundle: hook.caBundle },
      rules: onConfigMaps,
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      ...each,
    })),
  });
const configMap = (data: Record<string, string>): ConfigMap => ({ metadata: { name: "c", namespace: "shop" }, data });
const add = (path: string, value: unknown): object => ({ op: "add", path, value });
const paths = (): string[] => hook.calls.map(({ path }) => path.split("?")[0]!);

test("webhooks change an object one after the other, each on what is there already", async () => {
  await configure([{}, {}]);
  hook.decide = ({ object }, path) => {
    const data = object?.data as Record<string, string>;
    if (path === "/0" && data["mutation-start"] === "yes") return { patch: [add("/data/stage-1", "yes")] };
    if (path === "/1" && data["stage-1"] === "yes") return { patch: [add("/data/stage-2", "yes")] };
    return {};
  };
  const made = await client.create(configMaps, configMap({ "mutation-start": "yes" }));
  assert.deepEqual(made.data, { "mutation-start": "yes", "stage-1": "yes", "stage-2": "yes" });
  assert.deepEqual(paths(), ["/0", "/1"]);
});

test("a webhook that asks for it is called again after another one changed the object", async () => {
  await configure([{ reinvocationPolicy: "IfNeeded" }, { reinvocationPolicy: "Never" }]);
  hook.decide = ({ object }, path) => {
    const data = object?.data as Record<string, string>;
    if (path === "/1") return { patch: [add("/data/late", "yes")] };
    return data.late === "yes" ? { patch: [add("/data/seen", "yes")] } : {};
  };
  const made = await client.create(configMaps, configMap({ a: "1" }));
  assert.deepEqual(made.data, { a: "1", late: "yes", seen: "yes" });
  assert.deepEqual(paths(), ["/0", "/1", "/0"]);
});

test("plugins of the server see what a webhook made, and defaults are filled in", async () => {
  await configure([{ rules: ruleFor("", "v1", "pods", ["CREATE"]) }]);

  hook.decide = () => ({
    patch: [
      add("/spec/initContainers", [{ name: "prepare", image: "example.com/prepare" }]),
      add("/spec/tolerations", []),
    ],
  });
  const pod: Pod = { metadata: { name: "web", namespace: "shop" }, spec: { containers: [{ name: "a", image: "b" }] } };
  const made = await client.create(pods, pod);
  const [prepare] = made.spec?.initContainers ?? [];
  assert.equal(prepare?.imagePullPolicy, "Always");
  assert.equal(prepare?.terminationMessagePath, "/dev/termination-log");
  assert.equal(prepare?.volumeMounts?.[0]?.mountPath, "/var/run/secrets/kubernetes.io/serviceaccount");
  assert.equal(made.spec?.tolerations?.length, 2);
});

test("unknown fields that a webhook adds are dropped; what does not fit its type is an error", async () => {
  await configure([{}]);
  hook.decide = () => ({ patch: [add("/nonsense", 1)] });
  assert.equal("nonsense" in (await client.create(configMaps, configMap({}))), false);
  await client.delete(configMaps, { namespace: "shop", name: "c" });
  hook.decide = () => ({ patch: [add("/data", 7)] });
  await assert.rejects(
    client.create(configMaps, configMap({})),
    (error: unknown) => (error as StatusError).code === 500,
  );
});

test("a patch that does not apply, and one where there is no object", async () => {
  await configure([{ rules: ruleFor("", "v1", "configmaps") }]);
  hook.decide = () => ({ patch: [{ op: "remove", path: "/data/none" }] });
  await assert.rejects(client.create(configMaps, configMap({})), /Internal error occurred/);
  hook.decide = () => ({});
  await client.create(configMaps, configMap({}));
  hook.decide = () => ({ patch: [add("/data", {})] });
  await assert.rejects(
    client.delete(configMaps, { namespace: "shop", name: "c" }),
    /admission webhook "hook-0\.example\.com" attempted to modify the object, which is not supported for this operation/,
  );
});

test("an equivalent version is converted for the webhook and back", async () => {
  await configure([{ rules: ruleFor("autoscaling", "v1", "horizontalpodautoscalers") }]);
  hook.decide = ({ object, kind, requestKind }) => {
    assert.equal(kind.version, "v1");
    assert.equal(requestKind.version, "v2");
    assert.equal(object?.apiVersion, "autoscaling/v1");
    const { spec } = object as ApiObject as HorizontalPodAutoscaler;
    assert.equal(spec?.targetCPUUtilizationPercentage, 50);
    return { patch: [{ op: "replace", path: "/spec/targetCPUUtilizationPercentage", value: 70 }] };
  };
  const made = await client.create(horizontalPodAutoscalers, {
    metadata: { name: "h", namespace: "shop" },
    spec: {
      maxReplicas: 3,
      scaleTargetRef: { kind: "Deployment", name: "web", apiVersion: "apps/v1" },
      metrics: [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
      ],
    },
  });
  assert.equal(made.apiVersion, "autoscaling/v2");
  assert.equal(made.spec?.metrics?.[0]?.resource?.target.averageUtilization, 70);
  assert.equal(hook.calls.length, 1);
  await client.delete(mutatingWebhookConfigurations, { name: "a" });
  await configure([{ rules: ruleFor("autoscaling", "v1", "horizontalpodautoscalers"), matchPolicy: "Exact" }]);
  await client.update(horizontalPodAutoscalers, made);
  assert.equal(hook.calls.length, 1);
});

test("a scale is judged and changed as a Scale", async () => {
  const labels = { app: "web" };
  await client.create(deployments, {
    metadata: { name: "web", namespace: "shop" },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "a", image: "b" }] } },
    },
  });
  await configure([{ rules: ruleFor("apps", "v1", "deployments/scale") }]);
  hook.decide = ({ object, oldObject, kind, subResource }) => {
    assert.equal(kind.kind, "Scale");
    assert.equal(subResource, "scale");
    assert.deepEqual(oldObject?.spec, { replicas: 1 });
    assert.deepEqual(object?.spec, { replicas: 5 });
    return { patch: [{ op: "replace", path: "/spec/replicas", value: 3 }] };
  };
  const target = { namespace: "shop", name: "web" };
  const scale = { kind: "Scale", apiVersion: "autoscaling/v1", metadata: target, spec: { replicas: 5 } };
  await client.update(deployments as ResourceReference<never>, scale as never, { subresource: "scale" });
  assert.equal((await client.get(deployments, target)).spec?.replicas, 3);
  assert.equal(hook.calls.length, 1);
});

test("streams and proxied requests are asked about as CONNECT", async () => {
  await configure([
    { rules: ruleFor("", "v1", "pods/attach", ["CONNECT"]), objectSelector: {}, namespaceSelector: {} },
    { rules: ruleFor("", "v1", "services/proxy", ["CONNECT"]) },
  ]);
  hook.decide = () => ({ allowed: false, status: { message: "attaching to pod 'web' is not allowed" } });
  const transport = server.server.transport({ user: { name: "admin", groups: ["system:masters"] }, userAgent: "test" });
  const path = "/api/v1/namespaces/shop/pods/web/attach";
  await assert.rejects(
    transport.request({ method: "GET", path, query: { stdin: "true", container: "a" } } as never),
    (error: unknown) => error instanceof StatusError && /attaching to pod 'web' is not allowed/.test(error.message),
  );
  const [request] = hook.requests();
  assert.equal(request?.operation, "CONNECT");
  assert.equal(request?.name, "web");
  assert.deepEqual(request?.object, { kind: "PodAttachOptions", apiVersion: "v1", stdin: true, container: "a" });
});

test("a webhook with side effects refuses dry runs; one without is called", async () => {
  await configure([{}]);
  hook.decide = ({ dryRun }) => ({ patch: [add("/data/dry", String(dryRun))] });
  const transport = server.server.transport({ user: { name: "admin", groups: ["system:masters"] }, userAgent: "test" });
  const path = "/api/v1/namespaces/shop/configmaps";
  const body = { kind: "ConfigMap", apiVersion: "v1", ...configMap({ a: "b" }) };
  const tried = await transport.request({ method: "POST", path, query: { dryRun: "All" }, body });
  assert.deepEqual((tried as ConfigMap).data, { a: "b", dry: "true" });
  await assert.rejects(client.get(configMaps, { namespace: "shop", name: "c" }), /not found/);
});

test("evictions and bindings are asked about as what was posted", async () => {
  await client.create(pods, {
    metadata: { name: "goner", namespace: "shop" },
    spec: { containers: [{ name: "a", image: "b" }] },
  });
  await configure([{ rules: ruleFor("", "v1", "pods/*", ["CREATE"]) }]);
  const target = { namespace: "shop", name: "goner" };
  hook.decide = ({ kind, object, subResource }) => {
    assert.equal(object?.kind, kind.kind);
    return { allowed: subResource !== "eviction", status: { message: "stay" } };
  };
  const binding = { kind: "Binding", apiVersion: "v1", metadata: target, target: { kind: "Node", name: "n" } };
  await client.create(pods, binding as never, { target, subresource: "binding" });
  const eviction = { kind: "Eviction", apiVersion: "policy/v1", metadata: target };
  await assert.rejects(
    client.create(pods, eviction as never, { target, subresource: "eviction" }),
    /denied the request: stay/,
  );
  assert.deepEqual(
    hook.requests().map(({ kind, operation }) => `${operation} ${kind.kind}`),
    ["CREATE Binding", "CREATE Eviction"],
  );
  assert.equal((await client.get(pods, target)).spec?.nodeName, "n");
});

test("rules that change, and configurations that go as a collection, take effect at once", async () => {
  hook.decide = () => ({ patch: [{ op: "add", path: "/data/hooked", value: "yes" }] });
  await configure([{ rules: ruleFor("", "v1", "configmaps", ["CREATE"]) }]);
  const hooked = async (): Promise<boolean> => {
    const made = await client.create(configMaps, configMap({ a: "b" }));
    await client.delete(configMaps, { namespace: "shop", name: "c" });
    return made.data?.hooked === "yes";
  };
  const change = (operations: string[]) =>
    client.patch(
      mutatingWebhookConfigurations,
      { name: "a" },
      { type: "json", body: [{ op: "replace", path: "/webhooks/0/rules/0/operations", value: operations }] },
    );
  assert.equal(await hooked(), true);
  await change(["UPDATE"]);
  assert.equal(await hooked(), false);
  await change(["CREATE"]);
  assert.equal(await hooked(), true);
  const path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
  await client.transport.request({ method: "DELETE", path });
  assert.equal((await client.list(mutatingWebhookConfigurations)).items.length, 0);
  assert.equal(await hooked(), false);
});
