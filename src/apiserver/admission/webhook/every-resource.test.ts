import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mutatingWebhookConfigurations, validatingWebhookConfigurations } from "../../../api/generated/resources.ts";
import { type AnyObject, apiVersionOf } from "../../../api/meta.ts";
import type { ResourceSchema, SubresourceSchema } from "../../../api/schema.ts";
import { loadSchema } from "../../../api/schema-data.ts";
import { StatusError } from "../../../api/status.ts";
import { createTestAuthority } from "../../../base/testing/certificates.ts";
import { type AdmissionHook, type ReviewRequest, startAdmissionHook } from "../../testing/admission-hook.ts";
import { type MemoryServer, startMemoryServer } from "../../testing/memory-server.ts";
import { draftOf, type MinimalObject, minimalObjects } from "../../testing/minimal-objects.ts";
import { askRaw } from "../../testing/raw-door.ts";
import { createAdmissionPlugins } from "../plugins.ts";

/** Upstream's TestWebhookAdmission: what webhooks are told of every verb of every resource. */

const NAMESPACE = "default";
const { resources } = loadSchema();

let hook: AdmissionHook;
let server: MemoryServer;
let minimal: Record<string, MinimalObject>;

before(async () => {
  hook = await startAdmissionHook(() => ({}));
  minimal = minimalObjects(createTestAuthority().ca);
  server = await startMemoryServer({
    admission: (dependencies) =>
      createAdmissionPlugins(dependencies, { disabled: ["ServiceAccount", "StorageObjectInUseProtection"] }),
  });
  await ask("POST", "/api/v1/namespaces", { metadata: { name: NAMESPACE } });
  const everything = { apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"], operations: ["*"] };
  const webhook = (path: string) => ({
    name: `${path}.example.com`,
    clientConfig: { url: `${hook.url}/${path}`, caBundle: hook.caBundle },
    rules: [everything],
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
  });
  await server.client.create(mutatingWebhookConfigurations, {
    metadata: { name: "m" },
    webhooks: [webhook("mutating")],
  });
  await server.client.create(validatingWebhookConfigurations, {
    metadata: { name: "v" },
    webhooks: [webhook("validating")],
  });
});
after(async () => {
  await server.close();
  await hook.close();
});

async function ask(method: string, path: string, body?: object, contentType = "application/json"): Promise<AnyObject> {
  const text = body === undefined ? "" : JSON.stringify(body);
  const answer = await askRaw(server.server, path, { method, body: text, contentType });
  if (answer.code >= 300) throw new StatusError(answer.json());
  return answer.json();
}

/** Writes back what is read, annotated. The server itself writes some objects, such as definitions, as soon as they are there. */
async function putAgain(path: string, fields: object = {}): Promise<void> {
  for (let tries = 10; ; tries--) {
    const current = await ask("GET", path);
    const metadata = { ...current.metadata, annotations: { put: path } };
    try {
      await ask("PUT", path, { ...current, ...fields, metadata });
      return;
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === "Conflict") || tries === 0) throw error;
    }
  }
}

/** What both webhooks are told last of the client's own requests, which must be the same. */
async function told(requests: () => Promise<unknown>): Promise<object | undefined> {
  hook.calls.length = 0;
  await requests();
  const by = (path: string): object | undefined => {
    const calls = hook.calls.filter((call) => call.path.startsWith(path));
    const asked = calls.map(({ body }) => (body as { request: ReviewRequest }).request);
    const last = asked.findLast(({ userInfo }) => userInfo.username === "admin");
    return last && facts(last);
  };
  assert.deepEqual(by("/validating"), by("/mutating"));
  return by("/mutating");
}

function facts(request: ReviewRequest): object {
  const { operation, kind, resource, subResource, name, namespace, object, oldObject, options } = request;
  const of = (each: AnyObject | null) => each && `${each.apiVersion} ${each.kind}`;
  return {
    operation,
    kind: `${apiVersionOf(kind)} ${kind.kind}`,
    resource: `${apiVersionOf(resource)} ${[resource.resource, subResource].filter((each) => each).join("/")}`,
    name,
    namespace,
    object: of(object),
    oldObject: of(oldObject),
    options: of(options),
  };
}

interface Told {
  readonly operation: string;
  readonly options: string | null;
  readonly name: string | undefined;
  readonly subresource?: SubresourceSchema;
  readonly has: readonly ("object" | "oldObject")[];
}

function expected(schema: ResourceSchema, { operation, options, name, subresource, has }: Told): object {
  const kind = `${apiVersionOf(subresource ?? schema)} ${(subresource ?? schema).kind}`;
  const path = subresource === undefined ? schema.resource : `${schema.resource}/${subresource.name}`;
  return {
    operation,
    kind,
    resource: `${apiVersionOf(schema)} ${path}`,
    name,
    namespace: schema.namespaced ? NAMESPACE : schema.resource === "namespaces" ? name : undefined,
    object: has.includes("object") ? kind : null,
    oldObject: has.includes("oldObject") ? kind : null,
    options: options && `meta.k8s.io/v1 ${options}`,
  };
}

const EXEMPT = "admissionregistration.k8s.io";
const MERGE = "application/merge-patch+json";
const stored = resources.filter(({ verbs }) => verbs.includes("create") && verbs.includes("list"));

function pathsOf({ group, version, resource, namespaced }: ResourceSchema, name: string) {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = `${root}${namespaced ? `/namespaces/${NAMESPACE}` : ""}/${resource}`;
  return { collection, path: `${collection}/${name}` };
}

for (const schema of stored) {
  test(`webhooks are told of ${apiVersionOf(schema)} ${schema.resource}`, async () => {
    const draft = draftOf(minimal, schema);
    const name = draft.metadata!.name!;
    const { collection, path } = pathsOf(schema, name);
    const check = async (request: () => Promise<unknown>, what: Told) =>
      assert.deepEqual(await told(request), schema.group === EXEMPT ? undefined : expected(schema, what));
    const creation: Told = { operation: "CREATE", options: "CreateOptions", name, has: ["object"] };
    const update: Told = { operation: "UPDATE", options: "UpdateOptions", name, has: ["object", "oldObject"] };
    const removal: Told = { operation: "DELETE", options: "DeleteOptions", name, has: ["oldObject"] };

    await check(() => ask("POST", collection, draft), creation);
    await check(() => putAgain(path), update);
    await check(() => ask("PATCH", path, { metadata: { labels: { patched: "true" } } }, MERGE), update);
    for (const subresource of schema.subresources ?? []) {
      if (!subresource.verbs.includes("patch") || subresource.name === "proxy") continue;
      const part = `${path}/${subresource.name}`;
      const demanded = subresource.kind === "StorageVersionMigration" ? { status: { resourceVersion: "1" } } : {};
      await check(() => putAgain(part, demanded), { ...update, subresource });
      const change = { ...demanded, metadata: { annotations: { patched: part } } };
      await check(() => ask("PATCH", part, change, MERGE), { ...update, subresource });
    }
    const isCollected = schema.verbs.includes("deletecollection");
    const now = { gracePeriodSeconds: 0, propagationPolicy: "Background" };
    if (isCollected) {
      await check(() => ask("DELETE", `${collection}?labelSelector=patched`, now), { ...removal, name: undefined });
    } else await check(() => ask("DELETE", path, now), removal);
  });
}
