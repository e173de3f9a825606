import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { customResourceDefinitions } from "../../api/generated/resources.ts";
import { discoveryPaths } from "../discovery/paths.ts";
import { openapiPaths } from "../openapi/handler.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { askRaw } from "../testing/raw-door.ts";
import { definitionOf, establish, versionOf } from "./testing/definitions.ts";

let server: MemoryServer;
beforeEach(async () => {
  server = await startMemoryServer({
    paths: (table, served) => [discoveryPaths(table, served), openapiPaths(table, served)],
  });
});
afterEach(() => server.close());

const get = async (path: string, accept?: string) =>
  (await askRaw(server.server, path, accept === undefined ? {} : { accept })).json();
const aggregated = (version: string) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
const name = (version: string, kind = "CronTab") => `com.example.stable.${version}.${kind}`;

async function v3(path = "apis/stable.example.com/v1") {
  const index = await get("/openapi/v3");
  const url: string | undefined = index.paths[path]?.serverRelativeURL;
  return url === undefined ? undefined : get(url);
}

async function update(change: (spec: CustomResourceDefinition["spec"]) => CustomResourceDefinition["spec"]) {
  const definition = await server.client.get(customResourceDefinitions, { name: "crontabs.stable.example.com" });
  await server.client.update(customResourceDefinitions, { ...definition, spec: change(definition.spec) });
}

test("discovery has the group, its versions and resources, plain and aggregated", async () => {
  const versions = [versionOf("v1beta1"), versionOf("v1", { storage: true }), versionOf("v2", { served: false })];
  await establish(server, definitionOf({ versions }));
  const group = (await get("/apis")).groups.find((each: { name: string }) => each.name === "stable.example.com");
  assert.deepEqual(group.preferredVersion, { groupVersion: "stable.example.com/v1", version: "v1" });
  assert.deepEqual(
    group.versions.map((each: { version: string }) => each.version),
    ["v1", "v1beta1"],
  );
  assert.equal((await get("/apis/stable.example.com")).kind, "APIGroup");
  const { resources } = await get("/apis/stable.example.com/v1");
  assert.deepEqual(
    resources.map((each: { name: string; kind: string }) => `${each.name} ${each.kind}`),
    ["crontabs CronTab", "crontabs/status CronTab", "crontabs/scale Scale"],
  );
  assert.deepEqual(resources[0].shortNames, ["ct"]);
  assert.deepEqual(resources[0].categories, ["all"]);
  assert.deepEqual(resources[2].group, "autoscaling");
  assert.deepEqual([...resources[0].verbs].sort(), [
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
  ]);
  assert.equal((await askRaw(server.server, "/apis/stable.example.com/v2")).code, 404);
  for (const version of ["v2", "v2beta1"]) {
    const { items } = await get("/apis", aggregated(version));
    const found = items.find((each: { metadata: { name: string } }) => each.metadata.name === "stable.example.com");
    assert.deepEqual(
      found.versions.map((each: { version: string }) => each.version),
      ["v1", "v1beta1"],
    );
    assert.equal(found.versions[0].resources[0].responseKind.kind, "CronTab");
  }
});

test("the API documents have the schema, with what all objects have", async () => {
  await establish(server, definitionOf());
  const document = await v3();
  const kind = document.components.schemas[name("v1")];
  assert.deepEqual(kind["x-kubernetes-group-version-kind"], [
    { group: "stable.example.com", version: "v1", kind: "CronTab" },
  ]);
  assert.equal(kind.properties.spec.properties.cronSpec.description, "when it runs");
  assert.deepEqual(kind.properties.spec.required, ["cronSpec"]);
  assert.equal(
    kind.properties.metadata.allOf[0].$ref,
    "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
  );
  assert.ok(document.components.schemas["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]);
  assert.ok(document.components.schemas[`${name("v1")}List`]);
  const paths = Object.keys(document.paths);
  assert.ok(paths.includes("/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}/scale"), paths.join());
  const { patch, get: read } = document.paths["/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}"];
  assert.deepEqual(Object.keys(read.responses[200].content), ["application/json", "application/yaml"]);
  assert.equal(Object.keys(patch.requestBody.content).includes("application/strategic-merge-patch+json"), false);
  const v2 = await get("/openapi/v2");
  assert.equal(v2.definitions[name("v1")].properties.spec.properties.cronSpec.type, "string");
  assert.ok(v2.paths["/apis/stable.example.com/v1/crontabs"]);
});

test("a version that is no longer served leaves the documents, and a changed schema is told at once", async () => {
  await establish(server, definitionOf({ versions: [versionOf("v1", { storage: true }), versionOf("v2")] }));
  assert.ok(await v3("apis/stable.example.com/v2"));
  const before = (await get("/openapi/v3")).paths["apis/stable.example.com/v1"].serverRelativeURL;
  const etag = (await askRaw(server.server, "/openapi/v2")).headers.etag;
  await update((spec) => ({
    ...spec,
    versions: [
      versionOf("v1", { storage: true, properties: { fresh: { type: "string" } } }),
      versionOf("v2", { served: false }),
    ],
  }));
  assert.equal(await v3("apis/stable.example.com/v2"), undefined);
  const document = await v3();
  assert.ok(document.components.schemas[name("v1")].properties.spec.properties.fresh);
  assert.notEqual((await get("/openapi/v3")).paths["apis/stable.example.com/v1"].serverRelativeURL, before);
  const v2 = await askRaw(server.server, "/openapi/v2");
  assert.notEqual(v2.headers.etag, etag);
  assert.equal(v2.json().definitions[name("v2")], undefined);
  assert.ok(v2.json().definitions[name("v1")].properties.spec.properties.fresh);
});

test("a version that gets another name is published under that name", async () => {
  await establish(server, definitionOf({ versions: [versionOf("v2"), versionOf("v3", { storage: true })] }));
  await update((spec) => ({ ...spec, versions: [versionOf("v4"), versionOf("v3", { storage: true })] }));
  assert.equal(await v3("apis/stable.example.com/v2"), undefined);
  assert.ok((await v3("apis/stable.example.com/v4")).components.schemas[name("v4")]);
  assert.ok((await v3("apis/stable.example.com/v3")).components.schemas[name("v3")]);
});

test("schemas that preserve what is unknown, or say nothing, are published as such", async () => {
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const nested = { type: "object", properties: { spec: open } };
  const version = (openAPIV3Schema: object) => [versionOf("v1", { storage: true, schema: { openAPIV3Schema } })];
  await establish(server, definitionOf({ versions: version(open) }));
  await establish(server, definitionOf({ plural: "waldos", kind: "Waldo", shortNames: [], versions: version(nested) }));
  await establish(
    server,
    definitionOf({ plural: "foos", kind: "Foo", shortNames: [], versions: version({ type: "object" }) }),
  );
  const { schemas } = (await v3()).components;
  assert.equal(schemas[name("v1")]["x-kubernetes-preserve-unknown-fields"], true);
  assert.equal(schemas[name("v1", "Waldo")].properties.spec["x-kubernetes-preserve-unknown-fields"], true);
  assert.equal(schemas[name("v1", "Foo")].type, "object");
  const { definitions } = await get("/openapi/v2");
  assert.deepEqual(definitions[name("v1")].properties, undefined);
});

test("kinds of several groups, and several kinds and versions of one group, stand side by side", async () => {
  await establish(server, definitionOf());
  await establish(server, definitionOf({ plural: "foos", kind: "Foo", shortNames: [] }));
  await establish(server, definitionOf({ group: "other.example.com", plural: "foos", kind: "Foo" }));
  const stable = (await v3()).components.schemas;
  assert.ok(stable[name("v1")] && stable[name("v1", "Foo")]);
  assert.ok((await v3("apis/other.example.com/v1")).components.schemas["com.example.other.v1.Foo"]);
  const { definitions } = await get("/openapi/v2");
  for (const each of [name("v1"), name("v1", "Foo"), "com.example.other.v1.Foo"]) assert.ok(definitions[each], each);
});

test("a custom kind that is called as a built-in one is leaves its schema as it was", async () => {
  const group = "apps.api.k8s.io";
  const before = (await get("/openapi/v2")).definitions["io.k8s.api.apps.v1.Deployment"];
  const definition = definitionOf({ group, plural: "deployments", kind: "Deployment", shortNames: [] });
  const annotations = { "api-approved.kubernetes.io": "https://github.com/kubernetes/kubernetes/pull/1" };
  await establish(server, { ...definition, metadata: { ...definition.metadata, annotations } });
  const { definitions, paths } = await get("/openapi/v2");
  assert.ok(paths[`/apis/${group}/v1/deployments`]);
  assert.deepEqual(definitions["io.k8s.api.apps.v1.Deployment"], before);
});

test("what is deleted leaves discovery and documents", async () => {
  const { client } = server;
  await establish(server, definitionOf());
  await client.delete(customResourceDefinitions, { name: "crontabs.stable.example.com" });
  const gone = async () => (await client.list(customResourceDefinitions)).items.length === 0;
  for (let tries = 0; !(await gone()) && tries < 100; tries++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await askRaw(server.server, "/apis/stable.example.com")).code, 404);
  assert.equal(await v3(), undefined);
});

test("the fields to select by are told to who reads the documents", async () => {
  const version = versionOf("v1", { storage: true, selectableFields: [{ jsonPath: ".spec.cronSpec" }] });
  await establish(server, definitionOf({ versions: [version] }));
  const name = "com.example.stable.v1.CronTab";
  const v3 = (await get("/openapi/v3/apis/stable.example.com/v1")).components.schemas;
  const v2 = (await get("/openapi/v2")).definitions;
  for (const schemas of [v3, v2])
    assert.deepEqual(schemas[name]["x-kubernetes-selectable-fields"], [{ fieldPath: "spec.cronSpec" }]);
});
