import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { findCondition } from "../../api/conditions.ts";
import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { customResourceDefinitions, namespaces } from "../../api/generated/resources.ts";
import type { AnyObject } from "../../api/meta.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { askRaw } from "../testing/raw-door.ts";
import { cronTab, cronTabs, definitionOf, establish, versionOf } from "./testing/definitions.ts";
import { knownViolations } from "./violations.ts";

let server: MemoryServer;
beforeEach(async () => {
  server = await startMemoryServer();
  await server.client.create(namespaces, { metadata: { name: "default" } } as never);
});
afterEach(() => server.close());

const collection = "/apis/stable.example.com/v1/namespaces/default/crontabs";
const finalizers = ["example.com/known", "example.com", "mine", "orphan"];

function send(method: string, path: string, object: AnyObject, contentType = "application/json") {
  const body = JSON.stringify({ apiVersion: "stable.example.com/v1", kind: "CronTab", ...object });
  return askRaw(server.server, path, { method, body, contentType });
}

async function messageOf(answer: ReturnType<typeof send>): Promise<string> {
  const { code, json } = await answer;
  return `${code} ${json().message}`;
}

test("a list is of the kind that the definition names", async () => {
  const definition = definitionOf();
  definition.spec.names.listKind = "ManyCronTabs";
  await establish(server, definition);
  await server.client.create(cronTabs(), cronTab("a", { cronSpec: "1" }));
  const { kind, items } = (await askRaw(server.server, collection)).json();
  assert.equal(kind, "ManyCronTabs");
  assert.equal(items[0].kind, "CronTab");
});

test("an object of another kind is read, and is invalid", async () => {
  await establish(server, definitionOf());
  const message = '422 Other.stable.example.com "a" is invalid: kind: Invalid value: "Other": must be CronTab';
  const other = { ...cronTab("a", { cronSpec: "1" }), kind: "Other" };
  assert.equal(await messageOf(send("POST", collection, other)), message);
  assert.equal(
    await messageOf(send("POST", collection, { ...other, apiVersion: "stable.example.com/v2" })),
    "400 the API version in the data (stable.example.com/v2) does not match the expected API version (stable.example.com/v1)",
  );
});

test("an object says which kind it is, and of which version", async () => {
  await establish(server, definitionOf());
  const rest = cronTab("a", { cronSpec: "1" });
  const [apiVersion, kind] = ["stable.example.com/v1", "CronTab"];
  const post = (method: string, path: string, object: object, contentType = "application/json") =>
    messageOf(askRaw(server.server, path, { method, body: JSON.stringify(object), contentType }));
  const text = JSON.stringify({ apiVersion, ...rest });
  const nameless = `400 the object provided is unrecognized (must be of type CronTab): Object 'Kind' is missing in '${text}'`;
  const asText = `${nameless} (${text.slice(0, 30)} ...)`;
  assert.equal(await post("POST", collection, { apiVersion, ...rest }), asText);
  assert.equal(await post("PUT", `${collection}/a`, { apiVersion, ...rest }), asText);
  assert.equal(await post("POST", collection, { apiVersion, ...rest }, "application/yaml"), asText);
  const versionless =
    "400 the API version in the data () does not match the expected API version (stable.example.com/v1)";
  assert.equal(await post("POST", collection, { kind, ...rest }), versionless);
  assert.equal(await post("PUT", `${collection}/a`, { kind, ...rest }), versionless);
  assert.equal(
    await post("POST", collection, { ...rest, apiVersion: "v1", kind: "Pod" }),
    "400 the API version in the data (v1) does not match the expected API version (stable.example.com/v1)",
  );
});

test("of a status written by itself, what is wrong is named from there", async () => {
  const version = versionOf("v1", { storage: true });
  Object.assign(version.schema!.openAPIV3Schema!.properties!.status!.properties!, {
    replicas: { type: "integer", maximum: 10 },
  });
  await establish(server, definitionOf({ versions: [version] }));
  const made = await server.client.create(cronTabs(), cronTab("a", { cronSpec: "1" }));
  assert.equal(
    await messageOf(send("PUT", `${collection}/a/status`, { ...made, status: { replicas: 15 } })),
    '422 CronTab.stable.example.com "a" is invalid: status.replicas: Invalid value: 15: replicas in body should be less than or equal to 10',
  );
});

test("finalizers that others may use too are warned of, when they are new", async () => {
  await establish(server, definitionOf());
  const object = cronTab("a", { cronSpec: "1" });
  const metadata = { ...object.metadata, finalizers: finalizers.slice(1) };
  const { headers, json } = await send("POST", collection, { ...object, metadata });
  const texts = (headers.warning as unknown as string[]).map((each) => each.replaceAll("\\", ""));
  const advice = "to avoid accidental conflicts with other finalizer writers";
  assert.deepEqual(texts, [
    `299 - "metadata.finalizers: "example.com": prefer a domain-qualified finalizer name including a path (/) ${advice}"`,
    `299 - "metadata.finalizers: "mine": prefer a domain-qualified finalizer name ${advice}"`,
  ]);
  const again = { ...json(), metadata: { ...json().metadata, finalizers: [...finalizers] } };
  assert.equal((await send("PUT", `${collection}/a`, again)).headers.warning, undefined);
});

test("nothing is applied into being while the definition goes", async () => {
  const definition = definitionOf();
  definition.metadata!.finalizers = ["example.com/stays"];
  await establish(server, definition);
  await server.client.delete(customResourceDefinitions, { name: "crontabs.stable.example.com" });
  const path = `${collection}/a?fieldManager=m`;
  for (const query of ["", "&dryRun=All"]) {
    const { code, json } = await send("PATCH", `${path}${query}`, cronTab("a", {}), "application/apply-patch+yaml");
    assert.equal(code, 403);
    assert.equal(
      json().message,
      'crontabs.stable.example.com "a" is forbidden: create not allowed while custom resource definition is terminating',
    );
  }
});

test("a definition whose conversion has a bundle that is none is not served", async () => {
  const { client } = server;
  const conversion = {
    strategy: "Webhook",
    webhook: {
      clientConfig: { url: "https://example.com/convert", caBundle: Buffer.from("none").toString("base64") },
      conversionReviewVersions: ["v1"],
    },
  };
  const made = await client.create(customResourceDefinitions, definitionOf({ conversion }));
  const { resourceVersion = "" } = made.metadata ?? {};
  let seen: CustomResourceDefinition | undefined;
  for await (const { object } of client.watch(customResourceDefinitions, { resourceVersion })) {
    seen = object;
    if (findCondition(object.status?.conditions, "Established") !== undefined) break;
  }
  const { status, reason, message } = findCondition(seen?.status?.conditions, "Established")!;
  assert.deepEqual(
    { status, reason, message },
    { status: "False", reason: "InvalidCABundle", message: "The conversion webhook CABundle is invalid" },
  );
});

test("what is not structural in a stored definition is told as upstream tells it", async () => {
  const { spec } = definitionOf();
  const kept = { metadata: { name: "a", uid: "1" }, spec: { ...spec, preserveUnknownFields: true } };
  assert.equal(await knownViolations().of(kept), "spec.preserveUnknownFields: Invalid value: true: must be false");
  const untyped = {
    ...kept,
    spec: { ...kept.spec, versions: [{ ...versionOf("v1"), schema: { openAPIV3Schema: {} } }] },
  };
  assert.equal(
    await knownViolations().of(untyped),
    "[spec.preserveUnknownFields: Invalid value: true: must be false, spec.versions[0].schema.openAPIV3Schema.type: Required value: must not be empty at the root]",
  );
  const schema = { openAPIV3Schema: { type: "object", properties: { a: { type: "string", pattern: "(" } } } };
  const wrong = { ...kept, spec: { ...kept.spec, versions: [{ ...versionOf("v1"), schema }] } };
  assert.equal(
    await knownViolations().of(wrong),
    '[spec.preserveUnknownFields: Invalid value: true: must be false, spec.versions[0].schema.openAPIV3Schema.properties[a].pattern: Invalid value: "(": must be a valid regular expression, but isn\'t: error parsing regexp: missing closing ): `(`]',
  );
});
