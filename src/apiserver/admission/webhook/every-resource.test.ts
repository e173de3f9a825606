import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { apiVersionOf } from "../../../api/meta.ts";
import type { ResourceSchema, SubresourceSchema } from "../../../api/schema.ts";
import { loadSchema } from "../../../api/schema-data.ts";
import { StatusError } from "../../../api/status.ts";
import { createTestAuthority } from "../../../base/testing/certificates.ts";
import { type AdmissionWitness, startAdmissionWitness } from "../../testing/admission-witness.ts";
import { draftOf, type MinimalObject, minimalObjects } from "../../testing/minimal-objects.ts";

/** Upstream's TestWebhookAdmission: what webhooks are told of every verb of every resource. */

const NAMESPACE = "default";
const { resources } = loadSchema();

let witness: AdmissionWitness;
let minimal: Record<string, MinimalObject>;

before(async () => {
  minimal = minimalObjects(createTestAuthority().ca);
  witness = await startAdmissionWitness();
  await witness.ask("POST", "/api/v1/namespaces", { metadata: { name: NAMESPACE } });
});
after(() => witness.close());

/** Writes back what is read, annotated. The server itself writes some objects, such as definitions, as soon as they are there. */
async function putAgain(path: string, fields: object = {}): Promise<void> {
  for (let tries = 10; ; tries--) {
    const current = await witness.ask("GET", path);
    const metadata = { ...current.metadata, annotations: { put: path } };
    try {
      await witness.ask("PUT", path, { ...current, ...fields, metadata });
      return;
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === "Conflict") || tries === 0) throw error;
    }
  }
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
      assert.deepEqual(await witness.told(request), schema.group === EXEMPT ? undefined : expected(schema, what));
    const creation: Told = { operation: "CREATE", options: "CreateOptions", name, has: ["object"] };
    const update: Told = { operation: "UPDATE", options: "UpdateOptions", name, has: ["object", "oldObject"] };
    const removal: Told = { operation: "DELETE", options: "DeleteOptions", name, has: ["oldObject"] };

    await check(() => witness.ask("POST", collection, draft), creation);
    await check(() => putAgain(path), update);
    await check(() => witness.ask("PATCH", path, { metadata: { labels: { patched: "true" } } }, MERGE), update);
    for (const subresource of schema.subresources ?? []) {
      if (!subresource.verbs.includes("patch") || subresource.name === "proxy") continue;
      const part = `${path}/${subresource.name}`;
      const demanded = subresource.kind === "StorageVersionMigration" ? { status: { resourceVersion: "1" } } : {};
      await check(() => putAgain(part, demanded), { ...update, subresource });
      const change = { ...demanded, metadata: { annotations: { patched: part } } };
      await check(() => witness.ask("PATCH", part, change, MERGE), { ...update, subresource });
    }
    const isCollected = schema.verbs.includes("deletecollection");
    const now = { gracePeriodSeconds: 0, propagationPolicy: "Background" };
    if (isCollected) {
      await check(() => witness.ask("DELETE", `${collection}?labelSelector=patched`, now), {
        ...removal,
        name: undefined,
      });
    } else await check(() => witness.ask("DELETE", path, now), removal);
  });
}
