import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type {
  MutatingWebhook,
  ValidatingWebhook,
  WebhookClientConfig,
} from "../../../api/generated/admissionregistration.k8s.io/v1.ts";
import type { ConfigMap } from "../../../api/generated/core/v1.ts";
import {
  configMaps,
  mutatingWebhookConfigurations,
  namespaces,
  validatingWebhookConfigurations,
} from "../../../api/generated/resources.ts";
import type { AnyObject } from "../../../api/meta.ts";
import { StatusError } from "../../../api/status.ts";
import type { Client } from "../../../client/client.ts";
import { admissionBench } from "../../testing/admission-bench.ts";
import { type AdmissionHook, startAdmissionHook } from "../../testing/admission-hook.ts";
import { type MemoryServer, startMemoryServer } from "../../testing/memory-server.ts";
import { askRaw } from "../../testing/raw-door.ts";
import { createAdmissionPlugins } from "../plugins.ts";
import { validatingAdmissionWebhook } from "./validating-webhook.ts";

let hook: AdmissionHook;
let server: MemoryServer;
let client: Client;

before(async () => {
  hook = await startAdmissionHook(() => ({}));
  server = await startMemoryServer({ admission: createAdmissionPlugins });
  client = server.client;
  await client.create(namespaces, { metadata: { name: "shop", labels: { guarded: "yes" } } });
  await client.create(namespaces, { metadata: { name: "free" } });
});
after(async () => {
  await server.close();
  await hook.close();
});
beforeEach(async () => {
  for (const name of ["a", "b"]) {
    for (const resource of [validatingWebhookConfigurations, mutatingWebhookConfigurations]) {
      await client.delete(resource, { name: name }).catch(() => undefined);
    }
  }
  for (const namespace of ["shop", "free"])
    await client.delete(configMaps, { namespace, name: "c" }).catch(() => undefined);
  hook.calls.length = 0;
  hook.respond = hook.review;
  hook.decide = () => ({});
});

const onConfigMaps = [
  { apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: ["CREATE", "UPDATE", "DELETE"] },
];
const at = (path: string): WebhookClientConfig => ({ url: hook.url + path, caBundle: hook.caBundle });
const webhook = <T extends ValidatingWebhook | MutatingWebhook>(more: Partial<T> = {}): T =>
  ({
    name: "check.example.com",
    clientConfig: at("/check"),
    rules: onConfigMaps,
    sideEffects: "None",
    admissionReviewVersions: ["v1", "v1beta1"],
    ...more,
  }) as T;
const validating = (more: Partial<ValidatingWebhook> = {}, name = "a") =>
  client.create(validatingWebhookConfigurations, { metadata: { name }, webhooks: [webhook<ValidatingWebhook>(more)] });
const mutating = (webhooks: Partial<MutatingWebhook>[], name = "a") =>
  client.create(mutatingWebhookConfigurations, {
    metadata: { name },
    webhooks: webhooks.map((each) => webhook<MutatingWebhook>(each)),
  });
const configMap = (data: Record<string, string> = {}, namespace = "shop"): ConfigMap => ({
  metadata: { name: "c", namespace },
  data,
});
const dataOf = (object: AnyObject | null | undefined): unknown => object?.data;
const refused = (code: number, message: RegExp) => (error: unknown) => {
  assert.match((error as Error).message, message);
  return error instanceof StatusError && error.code === code;
};

test("a validating webhook sees the request and denies it in its own words", async () => {
  await validating();
  hook.decide = () => ({ allowed: false, status: { message: "not on my watch", code: 409, reason: "Conflict" } });
  await assert.rejects(
    client.create(configMaps, configMap({ a: "1" })),
    (error: unknown) =>
      refused(409, /^admission webhook "check\.example\.com" denied the request: not on my watch$/)(error) &&
      (error as StatusError).reason === "Conflict",
  );
  const [request] = hook.requests();
  assert.equal(request?.operation, "CREATE");
  assert.deepEqual(request?.kind, { group: "", version: "v1", kind: "ConfigMap" });
  assert.deepEqual(request?.requestResource, { group: "", version: "v1", resource: "configmaps" });
  assert.equal(request?.namespace, "shop");
  assert.equal(request?.name, "c");
  assert.equal(request?.userInfo.username, "admin");
  assert.equal(request?.object?.kind, "ConfigMap");
  assert.equal(request?.oldObject, null);
  assert.equal(request?.options?.kind, "CreateOptions");
  hook.decide = () => ({ allowed: false });
  await assert.rejects(
    client.create(configMaps, configMap()),
    refused(400, /^admission webhook "check\.example\.com" denied the request without explanation$/),
  );
});

test("updates and deletions are asked about with the object as it was", async () => {
  const made = await client.create(configMaps, configMap({ a: "1" }));
  await validating();
  await client.update(configMaps, { ...made, data: { a: "2" } });
  await client.delete(configMaps, { namespace: "shop", name: "c" });
  const [update, deletion] = hook.requests();
  assert.deepEqual(dataOf(update?.oldObject), { a: "1" });
  assert.deepEqual(dataOf(update?.object), { a: "2" });
  assert.equal(deletion?.operation, "DELETE");
  assert.equal(deletion?.object, null);
  assert.deepEqual(dataOf(deletion?.oldObject), { a: "2" });
  assert.equal(deletion?.options?.kind, "DeleteOptions");
});

test("namespaces and objects that are not selected pass by", async () => {
  await validating({
    namespaceSelector: { matchLabels: { guarded: "yes" } },
    objectSelector: { matchExpressions: [{ key: "skip", operator: "DoesNotExist" }] },
  });
  hook.decide = () => ({ allowed: false });
  await client.create(configMaps, configMap({}, "free"));
  await client.create(configMaps, { metadata: { name: "c", namespace: "shop", labels: { skip: "1" } } });
  await assert.rejects(
    client.create(configMaps, { metadata: { name: "d", namespace: "shop" } }),
    refused(400, /denied/),
  );
  assert.equal(hook.calls.length, 1);
});

test("match conditions in CEL leave objects out by name", async () => {
  await validating({ matchConditions: [{ name: "not-c", expression: "object.metadata.name != 'c'" }] });
  hook.decide = () => ({ allowed: false });
  await client.create(configMaps, configMap());
  await assert.rejects(
    client.create(configMaps, { metadata: { name: "d", namespace: "shop" } }),
    refused(400, /denied/),
  );
});

test("match conditions that do not compile are refused", async () => {
  const broken = [{ name: "broken", expression: "object.metadata.name == " }];
  await assert.rejects(validating({ matchConditions: broken }), refused(422, /compilation failed/));
  await assert.rejects(mutating([{ matchConditions: broken }]), refused(422, /compilation failed/));
  const noBoolean = [{ name: "text", expression: "'text'" }];
  await assert.rejects(validating({ matchConditions: noBoolean }), refused(422, /must evaluate to bool/));
});

test("conditions that fail stop the request, or the call when failures are ignored", async () => {
  const matchConditions = [{ name: "labelled", expression: "object.metadata.labels.app == 'x'" }];
  await validating({ matchConditions });
  await assert.rejects(
    client.create(configMaps, configMap()),
    refused(403, /configmaps "c" is forbidden: .*no such key/),
  );
  await client.delete(validatingWebhookConfigurations, { name: "a" });
  await validating({ matchConditions, failurePolicy: "Ignore" });
  await client.create(configMaps, configMap());
  assert.equal(hook.calls.length, 0);
});

test("a webhook that hangs ends with its timeout, by its failure policy", async () => {
  hook.decide = () => undefined;
  await validating({ timeoutSeconds: 1 });
  const creating = assert.rejects(
    client.create(configMaps, configMap()),
    refused(
      500,
      /^Internal error occurred: failed calling webhook "check\.example\.com": failed to call webhook: Post "https:\/\/127\.0\.0\.1:\d+\/check\?timeout=1s": context deadline exceeded$/,
    ),
  );
  await hook.received(1);
  await server.clock.advance(1000);
  await creating;
  await client.delete(validatingWebhookConfigurations, { name: "a" });
  await validating({ timeoutSeconds: 1, failurePolicy: "Ignore" });
  const passing = client.create(configMaps, configMap());
  await hook.received(2);
  await server.clock.advance(1000);
  await passing;
});

test("a webhook is told how long it has: no longer than the request", async () => {
  await validating({ timeoutSeconds: 10 });
  const askedWithin = async (query: string, name: string) => {
    const body = JSON.stringify({ metadata: { name } });
    const path = `/api/v1/namespaces/shop/configmaps${query}`;
    assert.equal((await askRaw(server.server, path, { method: "POST", body })).code, 201);
    return hook.calls.at(-1)?.path;
  };
  assert.equal(await askedWithin("", "t1"), "/check?timeout=10s");
  assert.equal(await askedWithin("?timeout=30s", "t2"), "/check?timeout=10s");
  assert.equal(await askedWithin("?timeout=5s", "t3"), "/check?timeout=5s");
  assert.equal(await askedWithin("?timeout=1500ms", "t4"), "/check?timeout=2s");
});

test("a webhook that cannot be reached denies everything under Fail", async () => {
  await validating({ clientConfig: { service: { name: "gone", namespace: "shop", path: "/x" } } });
  await assert.rejects(
    client.create(configMaps, configMap()),
    refused(
      500,
      /failed calling webhook .*: failed to call webhook: Post "https:\/\/gone\.shop\.svc:443\/x\?timeout=10s": service "gone" not found/,
    ),
  );
});

test("an answer that is no review is a failure to call", async () => {
  await validating();
  hook.respond = () => ({ body: { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1" } });
  await assert.rejects(
    client.create(configMaps, configMap()),
    refused(500, /received invalid webhook response: webhook response was absent/),
  );
  hook.respond = () => ({ body: { response: { uid: "other", allowed: true } } });
  await assert.rejects(client.create(configMaps, configMap()), refused(500, /expected response\.uid=/));
  hook.respond = () => ({ code: 404, body: "nothing here" });
  await assert.rejects(
    client.create(configMaps, configMap()),
    refused(500, /the server could not find the requested resource/),
  );
});

test("rules that change, and configurations that go, take effect at once", async () => {
  const made = await validating();
  hook.decide = () => ({ allowed: false });
  const patchOf = (operations: string[]) => ({
    type: "json" as const,
    body: [{ op: "replace", path: "/webhooks/0/rules/0/operations", value: operations }],
  });
  await client.patch(validatingWebhookConfigurations, { name: "a" }, patchOf(["DELETE"]));
  await client.create(configMaps, configMap());
  await client.patch(validatingWebhookConfigurations, { name: "a" }, patchOf(["DELETE", "CREATE"]));
  const other = { metadata: { name: "d", namespace: "shop" } };
  await assert.rejects(client.create(configMaps, other), refused(400, /denied/));
  assert.equal(made.webhooks?.[0]?.timeoutSeconds, 10);
  const path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
  await client.transport.request({ method: "DELETE", path });
  assert.equal((await client.list(validatingWebhookConfigurations)).items.length, 0);
  await client.create(configMaps, other);
  await client.delete(configMaps, { namespace: "shop", name: "d" });
});

test("warnings and audit annotations of webhooks reach their places", async () => {
  const bench = admissionBench();
  bench.reader.put(validatingWebhookConfigurations, {
    metadata: { name: "a" },
    webhooks: [webhook<ValidatingWebhook>()],
  });
  bench.reader.put(namespaces, { metadata: { name: "shop" } });
  hook.decide = () => ({ warnings: ["mind the gap"], auditAnnotations: { seen: "yes" } });
  await bench.run(validatingAdmissionWebhook(bench), { resource: configMaps, object: configMap() });
  assert.deepEqual(bench.warnings, ["mind the gap"]);
  assert.deepEqual(bench.annotations, { "check.example.com/seen": "yes" });
  const lost = webhook<ValidatingWebhook>({ failurePolicy: "Ignore", clientConfig: { url: "https://127.0.0.1:1/" } });
  bench.reader.put(validatingWebhookConfigurations, {
    metadata: { name: "a", resourceVersion: "2" },
    webhooks: [lost],
  });
  await bench.run(validatingAdmissionWebhook(bench), { resource: configMaps, object: configMap() });
  const key = "failed-open.validating.webhook.admission.k8s.io/round_0_index_0";
  assert.equal(Object.entries(bench.annotations).find(([name]) => name === key)?.[1], "check.example.com");
  await bench.webhooks.close();
});

test("what is wrong with a configuration is told field by field", async () => {
  const wrong: [Partial<ValidatingWebhook>, RegExp][] = [
    [{ name: "short" }, /webhooks\[0\]\.name: Invalid value: "short": should be a domain with at least three segments/],
    [{ timeoutSeconds: 31 }, /timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds/],
    [{ sideEffects: "Some" }, /sideEffects: Unsupported value: "Some"/],
    [{ admissionReviewVersions: ["v2"] }, /must include at least one of v1, v1beta1/],
    [{ clientConfig: { url: "http://hook" } }, /'https' is the only allowed URL scheme/],
    [{ clientConfig: {} }, /exactly one of url or service is required/],
    [
      { rules: [{ ...onConfigMaps[0]!, resources: ["*/*", "pods"] }] },
      /if '\*\/\*' is present, must not specify other resources/,
    ],
    [{ rules: [{ ...onConfigMaps[0]!, operations: ["*", "CREATE"] }] }, /must not specify other operations/],
    [{ failurePolicy: "Maybe" }, /failurePolicy: Unsupported value: "Maybe"/],
    [{ matchConditions: [{ name: "a b", expression: "true" }] }, /matchConditions\[0\]\.name: Invalid value: "a b"/],
  ];
  for (const [part, message] of wrong) await assert.rejects(validating(part), refused(422, message));
});

test("configurations of webhooks are never judged by webhooks", async () => {
  const everything = [{ apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"], operations: ["*"] }];
  await validating({ rules: everything });
  hook.decide = () => ({ allowed: false });
  await assert.rejects(client.create(configMaps, configMap()), refused(400, /denied/));
  await mutating([{ rules: everything }], "b");
  await client.delete(mutatingWebhookConfigurations, { name: "b" });
  await client.delete(validatingWebhookConfigurations, { name: "a" });
  await client.create(configMaps, configMap());
});

test("webhooks are called as the user that the server's file names for their host", async () => {
  const { port } = new URL(hook.url);
  const byName = new Map([
    [`127.0.0.1:${port}`, { bearerToken: "by-port" }],
    ["*", { bearerToken: "anybody" }],
  ]);
  const users = { byName, current: undefined };
  const other = await startMemoryServer({
    admission: (dependencies) =>
      createAdmissionPlugins(dependencies, { configurations: { validatingWebhooks: users } }),
  });
  try {
    await other.client.create(namespaces, { metadata: { name: "shop" } });
    const metadata = { name: "a" };
    await other.client.create(mutatingWebhookConfigurations, { metadata, webhooks: [webhook<MutatingWebhook>()] });
    await other.client.create(validatingWebhookConfigurations, { metadata, webhooks: [webhook<ValidatingWebhook>()] });
    await other.client.create(configMaps, configMap());
    assert.deepEqual(
      hook.calls.map(({ headers }) => headers.authorization),
      [undefined, "Bearer by-port"],
    );
  } finally {
    await other.close();
  }
});
