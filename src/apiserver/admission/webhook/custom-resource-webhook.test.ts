import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { CustomResourceDefinition } from "../../../api/generated/apiextensions.k8s.io/v1.ts";
import {
  customResourceDefinitions,
  mutatingWebhookConfigurations,
  namespaces,
  validatingWebhookConfigurations,
} from "../../../api/generated/resources.ts";
import type { AnyObject, ResourceReference } from "../../../api/meta.ts";
import { isNotFound, StatusError } from "../../../api/status.ts";
import type { Client } from "../../../client/client.ts";
import { type AdmissionHook, startAdmissionHook } from "../../testing/admission-hook.ts";
import { type MemoryServer, startMemoryServer } from "../../testing/memory-server.ts";
import { createAdmissionPlugins } from "../plugins.ts";

const boats = (version: string): ResourceReference => ({
  group: "river.example.com",
  version,
  resource: "boats",
  kind: "Boat",
  namespaced: true,
});
const schema = {
  openAPIV3Schema: {
    type: "object",
    properties: { data: { type: "object", properties: { start: { type: "string" }, crew: { type: "string" } } } },
  },
};
const definition = (storage: string): CustomResourceDefinition => ({
  metadata: { name: "boats.river.example.com" },
  spec: {
    group: "river.example.com",
    scope: "Namespaced",
    names: { plural: "boats", singular: "boat", kind: "Boat", listKind: "BoatList" },
    versions: ["v1", "v2"].map((name) => ({ name, served: true, storage: name === storage, schema })),
  },
});

let hook: AdmissionHook;
let server: MemoryServer;
let client: Client;

before(async () => {
  hook = await startAdmissionHook(() => ({}));
  server = await startMemoryServer({ admission: createAdmissionPlugins });
  client = server.client;
  await client.create(namespaces, { metadata: { name: "shop" } });
  await client.create(customResourceDefinitions, definition("v1"));
  await untilServed();
});
after(async () => {
  await server.close();
  await hook.close();
});
beforeEach(async () => {
  for (const resource of [mutatingWebhookConfigurations, validatingWebhookConfigurations]) {
    await client.delete(resource, { name: "a" }).catch(() => undefined);
  }
  await client.delete(boats("v1"), { namespace: "shop", name: "b" }).catch(() => undefined);
  hook.calls.length = 0;
});

async function untilServed(): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await client.list(boats("v1"), { namespace: "shop" });
      return;
    } catch (error) {
      if (!isNotFound(error) || tries > 1000) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const webhook = (resources: string[], group = "river.example.com", versions = ["v1"]) => ({
  name: "boats.example.com",
  clientConfig: { url: hook.url, caBundle: hook.caBundle },
  rules: [{ apiGroups: [group], apiVersions: versions, resources, operations: ["CREATE", "UPDATE", "DELETE"] }],
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
});
const boat = (data: object): AnyObject => ({ metadata: { name: "b", namespace: "shop" }, data });
const denied = (error: unknown): boolean =>
  error instanceof StatusError && /denied the request: no/.test(error.message);

test("custom resources are denied on create, update and delete", async () => {
  const made = await client.create(boats("v1"), boat({ start: "yes" }));
  const webhooks = [webhook(["boats"])];
  await client.create(validatingWebhookConfigurations, { metadata: { name: "a" }, webhooks });
  hook.decide = () => ({ allowed: false, status: { message: "no" } });
  await assert.rejects(client.update(boats("v1"), { ...made, data: { start: "no" } }), denied);
  await assert.rejects(client.delete(boats("v1"), { namespace: "shop", name: "b" }), denied);
  const other = { ...boat({}), metadata: { name: "c", namespace: "shop" } };
  await assert.rejects(client.create(boats("v1"), other), denied);
  await assert.rejects(client.create(boats("v2"), other), denied);
  assert.equal(hook.requests().at(-1)?.kind.version, "v1");
  assert.equal(hook.requests().at(-1)?.requestKind.version, "v2");
});

test("the creation of a definition can be denied", async () => {
  const webhooks = [webhook(["customresourcedefinitions"], "apiextensions.k8s.io")];
  await client.create(validatingWebhookConfigurations, { metadata: { name: "a" }, webhooks });
  hook.decide = () => ({ allowed: false, status: { message: "no" } });
  const names = { plural: "rafts", singular: "raft", kind: "Raft", listKind: "RaftList" };
  const rafts = { ...definition("v1"), metadata: { name: "rafts.river.example.com" } };
  await assert.rejects(client.create(customResourceDefinitions, { ...rafts, spec: { ...rafts.spec, names } }), denied);
});

test("what a webhook adds is pruned by the schema", async () => {
  const webhooks = [webhook(["boats"])];
  await client.create(mutatingWebhookConfigurations, { metadata: { name: "a" }, webhooks });
  hook.decide = () => ({
    patch: [
      { op: "add", path: "/data/crew", value: "three" },
      { op: "add", path: "/data/unknown", value: "gone" },
    ],
  });
  const made = await client.create(boats("v1"), boat({ start: "yes" }));
  assert.deepEqual(made.data, { start: "yes", crew: "three" });
});

test("a resource whose stored version changes is still changed by webhooks", async () => {
  await client.create(boats("v1"), boat({ start: "yes" }));
  const now = await client.get(customResourceDefinitions, { name: "boats.river.example.com" });
  await client.update(customResourceDefinitions, { ...now, spec: definition("v2").spec });
  await untilServed();
  const webhooks = [webhook(["boats"], "river.example.com", ["v1", "v2"])];
  await client.create(mutatingWebhookConfigurations, { metadata: { name: "a" }, webhooks });
  hook.decide = ({ object }) => ({
    patch: [{ op: "add", path: "/data/crew", value: `seen as ${object?.apiVersion}` }],
  });
  const stored = await client.get(boats("v1"), { namespace: "shop", name: "b" });
  const updated = await client.update(boats("v1"), { ...stored, data: { start: "again" } });
  assert.deepEqual(updated.data, { start: "again", crew: "seen as river.example.com/v1" });
  const shown = await client.get(boats("v2"), { namespace: "shop", name: "b" });
  assert.equal(shown.apiVersion, "river.example.com/v2");
  assert.deepEqual(shown.data, updated.data);
});
