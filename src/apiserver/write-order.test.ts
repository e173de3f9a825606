import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import {
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  deployments,
  mutatingWebhookConfigurations,
  namespaces,
  validatingWebhookConfigurations,
} from "../api/generated/resources.ts";
import type { AnyObject } from "../api/meta.ts";
import type { Client } from "../client/client.ts";
import { createAdmissionPlugins } from "./admission/plugins.ts";
import { type AdmissionHook, type ReviewRequest, startAdmissionHook } from "./testing/admission-hook.ts";
import { type MemoryServer, startMemoryServer } from "./testing/memory-server.ts";

let hook: AdmissionHook;
let server: MemoryServer;
let client: Client;

before(async () => {
  hook = await startAdmissionHook(() => ({}));
  server = await startMemoryServer({ admission: createAdmissionPlugins });
  client = server.client;
  await client.create(namespaces, { metadata: { name: "shop" } });
  const webhook = (path: string) => ({
    name: "hook.example.com",
    clientConfig: { url: `${hook.url}/${path}`, caBundle: hook.caBundle },
    rules: ["deployments", "deployments/status", "configmaps"].map((resource) => ({
      apiGroups: ["*"],
      apiVersions: ["v1"],
      resources: [resource],
      operations: ["*" as const],
    })),
    sideEffects: "None" as const,
    admissionReviewVersions: ["v1"],
  });
  await client.create(mutatingWebhookConfigurations, { metadata: { name: "a" }, webhooks: [webhook("mutating")] });
  await client.create(validatingWebhookConfigurations, { metadata: { name: "a" }, webhooks: [webhook("validating")] });
});
after(async () => {
  await server.close();
  await hook.close();
});
beforeEach(() => {
  hook.calls.length = 0;
  hook.decide = () => ({});
});

const labels = { app: "web" };
const deployment = (name: string, more: object = {}): AnyObject =>
  ({
    kind: "Deployment",
    apiVersion: "apps/v1",
    metadata: { name, namespace: "shop" },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "a", image: "b" }] } },
    },
    ...more,
  }) as AnyObject;

/** What the mutating and the validating webhook were shown. */
function shown(): { mutating: ReviewRequest; validating: ReviewRequest } {
  const at = (path: string): ReviewRequest => {
    const call = hook.calls.findLast((each) => each.path.startsWith(path));
    assert(call !== undefined, path);
    return (call.body as { request: ReviewRequest }).request;
  };
  return { mutating: at("/mutating"), validating: at("/validating") };
}

const specOf = ({ object }: ReviewRequest) => object?.spec as Record<string, unknown> | undefined;

test("a create: mutating webhooks see what was sent with defaults and managers, validating ones what is stored", async () => {
  const sent = deployment("a", { status: { replicas: 7 } });
  sent.metadata!.generation = 9;
  const made = await client.create(deployments, sent as never);
  const { mutating, validating } = shown();
  assert.deepEqual(mutating.object?.status, { replicas: 7 });
  const { uid, creationTimestamp, generation, managedFields } = mutating.object?.metadata ?? {};
  assert.deepEqual([uid, creationTimestamp, generation], [undefined, undefined, 9]);
  assert.equal(specOf(mutating)?.revisionHistoryLimit, 10);
  assert.equal(managedFields?.length, 1);
  assert.deepEqual(Object.keys(managedFields?.[0]?.fieldsV1 ?? {}), ["f:spec"]);
  assert.equal(validating.object?.metadata?.uid, made.metadata?.uid);
  assert.equal(validating.object?.metadata?.generation, 1);
  assert.notDeepEqual(validating.object?.status, { replicas: 7 });
});

test("a generated name comes after the mutating webhooks, which are called once", async () => {
  const { metadata: _, ...rest } = deployment("");
  const made = await client.create(deployments, {
    ...rest,
    metadata: { generateName: "gen-", namespace: "shop" },
  } as never);
  const { mutating, validating } = shown();
  assert.deepEqual([mutating.name, mutating.object?.metadata?.name], [undefined, undefined]);
  assert.deepEqual([validating.name, validating.object?.metadata?.name], [undefined, made.metadata?.name]);
});

test("what a mutating webhook does to a new object's own metadata and status is set right", async () => {
  hook.decide = (_, path) =>
    path === "/mutating"
      ? {
          patch: [
            { op: "add", path: "/status", value: { replicas: 3 } },
            { op: "add", path: "/metadata/generation", value: 5 },
            { op: "add", path: "/metadata/uid", value: "mine" },
          ],
        }
      : {};
  const made = await client.create(deployments, deployment("b") as never);
  assert.equal(made.metadata?.generation, 1);
  assert.notEqual(made.metadata?.uid, "mine");
  assert.equal((made as AnyObject as { status: { replicas?: number } }).status.replicas, undefined);
});

test("an update: the status that was sent is seen by mutating webhooks alone, and their change counts a generation", async () => {
  const made = await client.create(deployments, deployment("c") as never);
  hook.decide = (_, path) =>
    path === "/mutating"
      ? {
          patch: [
            { op: "replace", path: "/spec/replicas", value: 4 },
            { op: "add", path: "/metadata/generation", value: 77 },
          ],
        }
      : {};
  const changed = await client.update(deployments, { ...made, status: { replicas: 8 } });
  const { mutating, validating } = shown();
  assert.deepEqual(mutating.object?.status, { replicas: 8 });
  assert.equal(mutating.object?.metadata?.generation, 1);
  assert.deepEqual(validating.object?.status, made.status);
  assert.deepEqual(validating.oldObject?.status, made.status);
  assert.equal(validating.object?.metadata?.generation, 2);
  assert.deepEqual([changed.metadata?.generation, changed.spec?.replicas], [2, 4]);
});

test("a status update: mutating webhooks see all that was sent, validating ones the stored spec", async () => {
  const made = await client.create(deployments, deployment("d") as never);
  hook.decide = (_, path) =>
    path === "/mutating"
      ? {
          patch: [
            { op: "replace", path: "/spec/replicas", value: 6 },
            { op: "add", path: "/status/readyReplicas", value: 2 },
          ],
        }
      : {};
  const sent = { ...made, spec: { ...made.spec!, replicas: 5 }, status: { replicas: 2 } };
  const changed = await client.update(deployments, sent, { subresource: "status" });
  const { mutating, validating } = shown();
  assert.equal(specOf(mutating)?.replicas, 5);
  assert.equal(specOf(validating)?.replicas, 1);
  assert.deepEqual(validating.object?.status, { replicas: 2, readyReplicas: 2 });
  assert.equal(changed.spec?.replicas, 1);
  assert.equal(changed.metadata?.generation, 1);
});

test("who wrote what is noted before the mutating webhooks change it, and they cannot spoil it", async () => {
  hook.decide = (_, path) =>
    path === "/mutating"
      ? {
          patch: [
            { op: "add", path: "/data/b", value: "hook" },
            { op: "replace", path: "/metadata/managedFields/0/operation", value: "Nonsense" },
          ],
        }
      : {};
  const made = await client.create(configMaps, { metadata: { name: "m", namespace: "shop" }, data: { a: "1" } });
  assert.equal(made.data?.b, "hook");
  const [entry] = made.metadata?.managedFields ?? [];
  assert.equal(entry?.operation, "Update");
  assert.deepEqual(entry?.fieldsV1, { "f:data": { ".": {}, "f:a": {} } });
});

test("a version that is not the newest is refused after the mutating webhooks were asked", async () => {
  const made = await client.create(configMaps, { metadata: { name: "v", namespace: "shop" }, data: { a: "1" } });
  await client.update(configMaps, { ...made, data: { a: "2" } });
  hook.calls.length = 0;
  await assert.rejects(client.update(configMaps, { ...made, data: { a: "3" } }), /the object has been modified/);
  assert.deepEqual(
    hook.calls.map(({ path }) => path.split("?")[0]),
    ["/mutating"],
  );
});

test("owners that are named twice are dropped", async () => {
  const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u-1" };
  const body = {
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: { name: "o", namespace: "shop", ownerReferences: [owner, { ...owner, name: "q" }, owner] },
  };
  const made = await client.create(configMaps, body as never);
  assert.deepEqual(made.metadata?.ownerReferences, [owner, { ...owner, name: "q" }]);
});

test("who may patch and not create makes nothing by an apply", async () => {
  await client.create(clusterRoles, {
    metadata: { name: "patcher" },
    rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["patch", "update"] }],
  });
  await client.create(clusterRoleBindings, {
    metadata: { name: "patcher" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "patcher" },
    subjects: [{ kind: "User", name: "pat", apiGroup: "rbac.authorization.k8s.io" }],
  });
  const pat = server.clientOf({ name: "pat", groups: [] });
  const target = { namespace: "shop", name: "applied" };
  const body = { kind: "ConfigMap", apiVersion: "v1", metadata: target, data: { a: "1" } };
  const apply = (who: Client) => who.patch(configMaps, target, { type: "apply", body, fieldManager: "pat" } as never);
  await assert.rejects(
    apply(pat),
    /configmaps "applied" is forbidden: User "pat" cannot create resource "configmaps" in API group "" in the namespace "shop"/,
  );
  await apply(client);
  await apply(pat);
});
