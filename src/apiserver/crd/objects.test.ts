import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { namespaces } from "../../api/generated/resources.ts";
import type { AnyObject } from "../../api/meta.ts";
import { hasReason, isNotFound, type StatusError } from "../../api/status.ts";
import type { WatchEvent } from "../../client/transport.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { askRaw } from "../testing/raw-door.ts";
import { cronTab, cronTabs, definitionOf, establish, versionOf } from "./testing/definitions.ts";

let server: MemoryServer;
beforeEach(async () => {
  server = await startMemoryServer();
  await server.client.create(namespaces, { metadata: { name: "default" } } as never);
});
afterEach(() => server.close());

const target = { namespace: "default", name: "a" };
const collection = "/apis/stable.example.com/v1/namespaces/default/crontabs";

async function withoutStatus(): Promise<void> {
  const version = versionOf("v1", { storage: true });
  await establish(server, definitionOf({ versions: [{ ...version, subresources: {} }] }));
}

async function post(object: AnyObject, query = ""): ReturnType<typeof askRaw> {
  const body = JSON.stringify({ apiVersion: "stable.example.com/v1", kind: "CronTab", ...object });
  return askRaw(server.server, `${collection}${query}`, { method: "POST", body });
}

async function applyYaml(yaml: string, query: string): ReturnType<typeof askRaw> {
  return askRaw(server.server, `${collection}/a?fieldManager=m&${query}`, {
    method: "PATCH",
    body: yaml,
    contentType: "application/apply-patch+yaml",
  });
}

test("watchers are told of objects that come, change and go", async () => {
  await establish(server, definitionOf());
  const { client } = server;
  const list = await client.list(cronTabs(), { namespace: "default" });
  const watch = client.watch(cronTabs(), { resourceVersion: list.metadata.resourceVersion! })[Symbol.asyncIterator]();
  await client.create(cronTabs(), cronTab("a", { cronSpec: "1" }));
  await client.patch(cronTabs(), target, { type: "merge", body: { spec: { cronSpec: "2" } } });
  await client.delete(cronTabs(), target);
  const seen: string[] = [];
  for (let index = 0; index < 3; index++) {
    const { type, object } = (await watch.next()).value as WatchEvent<AnyObject>;
    seen.push(`${type} ${(object.spec as { cronSpec: string }).cronSpec}`);
  }
  assert.deepEqual(seen, ["ADDED 1", "MODIFIED 2", "DELETED 2"]);
  await watch.return?.(undefined);
});

test("status is written by itself, and nothing else through it", async () => {
  await establish(server, definitionOf());
  const { client } = server;
  const made = await client.create(cronTabs(), { ...cronTab("a", { cronSpec: "1" }), status: { replicas: 5 } });
  assert.equal(made.status, undefined);
  const whole = { ...made, metadata: { ...made.metadata, labels: { x: "y" } }, status: { replicas: 3, unknown: 1 } };
  const updated = await client.update(cronTabs(), whole, { subresource: "status" });
  assert.deepEqual(updated.status, { replicas: 3 });
  assert.equal(updated.metadata?.labels, undefined);
  assert.equal(updated.metadata?.generation, 1);
  const patch = { type: "merge", body: { spec: { cronSpec: "2" }, status: { replicas: 4 } } } as const;
  const patched = await client.patch(cronTabs(), target, { ...patch, subresource: "status" });
  assert.deepEqual([patched.status, patched.spec], [{ replicas: 4 }, { cronSpec: "1", replicas: 1 }]);
  const changed = await client.patch(cronTabs(), target, patch);
  assert.deepEqual([changed.status, changed.spec], [{ replicas: 4 }, { cronSpec: "2", replicas: 1 }]);
  assert.equal(changed.metadata?.generation, 2);
  const got = await askRaw(server.server, `${collection}/a/status`);
  assert.deepEqual(got.json().status, { replicas: 4 });
});

test("without a status subresource, status is a field like others and counts in the generation", async () => {
  await withoutStatus();
  const { client } = server;
  const made = await client.create(cronTabs(), { ...cronTab("a", { cronSpec: "1" }), status: { replicas: 5 } });
  assert.deepEqual([made.status, made.metadata?.generation], [{ replicas: 5 }, 1]);
  const patch = { type: "merge", body: { status: { replicas: 6 } } } as const;
  assert.equal((await client.patch(cronTabs(), target, patch)).metadata?.generation, 2);
  const label = { type: "merge", body: { metadata: { labels: { a: "b" } } } } as const;
  assert.equal((await client.patch(cronTabs(), target, label)).metadata?.generation, 2);
  await assert.rejects(client.patch(cronTabs(), target, { ...patch, subresource: "status" }), isNotFound);
});

test("a collection is listed and deleted by labels", async () => {
  await establish(server, definitionOf());
  const { client } = server;
  for (const [name, tier] of [
    ["a", "x"],
    ["b", "x"],
    ["c", "y"],
  ] as const) {
    const object = cronTab(name, { cronSpec: "1" });
    await client.create(cronTabs(), { ...object, metadata: { ...object.metadata, labels: { tier } } });
  }
  const names = async (options = {}) =>
    (await client.list(cronTabs(), options)).items.map((each) => each.metadata?.name);
  assert.deepEqual(await names({ labelSelector: "tier=x" }), ["a", "b"]);
  await askRaw(server.server, `${collection}?labelSelector=tier%3Dx`, { method: "DELETE" });
  assert.deepEqual(await names(), ["c"]);
});

test("defaults are filled in on the request, and on what was stored before they were there", async () => {
  const { client } = server;
  const definition = await establish(server, definitionOf());
  await client.create(cronTabs(), cronTab("a", { cronSpec: "1" }));
  const later = versionOf("v1", { storage: true, properties: { mode: { type: "string", default: "fast" } } });
  await client.update(
    {
      group: "apiextensions.k8s.io",
      version: "v1",
      resource: "customresourcedefinitions",
      kind: "CustomResourceDefinition",
      namespaced: false,
    },
    { ...definition, spec: { ...definition.spec, versions: [later] } } as never,
  );
  const old = await client.get(cronTabs(), target);
  assert.deepEqual(old.spec, { cronSpec: "1", replicas: 1, mode: "fast" });
  const stored = await server.store.get("/registry/stable.example.com/crontabs/default/a");
  assert.doesNotMatch(stored!.value.toString(), /fast/);
  const fresh = await client.create(cronTabs(), cronTab("b", { cronSpec: "1", replicas: null, mode: "slow" }));
  assert.deepEqual(fresh.spec, { cronSpec: "1", replicas: 1, mode: "slow" });
  const list = await client.list(cronTabs());
  assert.deepEqual(
    list.items.map(({ spec }) => (spec as { mode: string }).mode),
    ["fast", "slow"],
  );
});

test("fields that the schema does not have are told, refused or dropped, as the client wishes", async () => {
  await establish(server, definitionOf());
  const wrong = (name: string): AnyObject => ({
    metadata: { name, unknownMeta: "x" } as never,
    spec: { cronSpec: "1", foo: 1 },
    extra: true,
  });
  const strict = await post(wrong("a"), "?fieldValidation=Strict");
  assert.equal(strict.code, 400);
  for (const field of ["metadata.unknownMeta", "spec.foo", "extra"])
    assert.ok(strict.json().message.includes(`unknown field "${field}"`), strict.text);
  assert.match(
    strict.json().message,
    /^CronTab in version "v1" cannot be handled as a CronTab: strict decoding error: /,
  );
  const warned = await post(wrong("b"));
  assert.equal(warned.code, 201);
  assert.deepEqual(warned.json().spec, { cronSpec: "1", replicas: 1 });
  assert.equal((warned.headers.warning as string[]).length, 3);
  assert.match((warned.headers.warning as string[]).join(), /unknown field \\"spec\.foo\\"/);
  const ignored = await post(wrong("c"), "?fieldValidation=Ignore");
  assert.deepEqual([ignored.code, ignored.headers.warning], [201, undefined]);
});

test("keys that come twice are refused, also where unknown fields are preserved", async () => {
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const version = versionOf("v1", { storage: true, schema: { openAPIV3Schema: open } });
  await establish(server, definitionOf({ versions: [version] }));
  const body =
    '{"apiVersion":"stable.example.com/v1","kind":"CronTab","metadata":{"name":"a"},"spec":{"x":1,"foo":1,"foo":2}}';
  const json = await askRaw(server.server, `${collection}?fieldValidation=Strict`, { method: "POST", body });
  assert.equal(json.code, 400);
  assert.match(json.json().message, /strict decoding error: duplicate field "spec\.foo"/);
  await server.client.create(cronTabs(), cronTab("b", { x: 1 }));
  const merge = { method: "PATCH", body: '{"spec":{"y":1,"y":2}}', contentType: "application/merge-patch+json" };
  const patched = await askRaw(server.server, `${collection}/b?fieldValidation=Strict`, merge);
  assert.equal(patched.code, 422);
  assert.match(patched.json().message, /patch: Invalid value: .* strict decoding error: duplicate field "spec\.y"/);
  const yaml = `
apiVersion: stable.example.com/v1
kind: CronTab
metadata:
  name: a
spec:
  unknown: 1
  foo: foo1
  foo: foo2`;
  const strict = await applyYaml(yaml, "fieldValidation=Strict");
  assert.equal(strict.code, 400);
  assert.match(strict.json().message, /line 9: key "foo" already set in map/);
  const warned = await applyYaml(yaml, "fieldValidation=Warn");
  assert.equal(warned.code, 201);
  assert.deepEqual(warned.json().spec, { unknown: 1, foo: "foo2" });
  assert.match(String(warned.headers.warning), /line 9: key \\"foo\\" already set in map/);
});

test("an applied configuration may not have fields that the schema does not have", async () => {
  const template = { type: "object", "x-kubernetes-embedded-resource": true, properties: { spec: { type: "object" } } };
  const parts = {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    items: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
  };
  const version = versionOf("v1", { storage: true, properties: { template, parts } });
  await establish(server, definitionOf({ versions: [version] }));
  const yaml = (metadata: string, rest: string) =>
    `apiVersion: stable.example.com/v1\nkind: CronTab\nmetadata:\n  name: a\n${metadata}spec:\n  cronSpec: x\n${rest}`;
  const extra = await applyYaml(`${yaml("", "")}unknownField: 1\n`, "fieldValidation=Strict");
  assert.equal(extra.code, 400);
  assert.match(
    extra.json().message,
    /^failed to create typed patch object \(default\/a; stable\.example\.com\/v1, Kind=CronTab\): \.unknownField: field not declared in schema$/,
  );
  const embedded =
    "  template:\n    apiVersion: foo/v1\n    kind: Sub\n    metadata:\n      unknownSubMeta: x\n      name: sub\n";
  const meta = await applyYaml(yaml("  unknownMeta: x\n", embedded), "fieldValidation=Strict");
  assert.match(meta.json().message, /\.metadata\.unknownMeta: field not declared in schema/);
  assert.match(meta.json().message, /\.spec\.template\.metadata\.unknownSubMeta: field not declared in schema/);
  const keyed = await applyYaml(yaml("", "  parts:\n  - name: one\n  - name: two\n    odd: 1\n"), "");
  assert.match(keyed.json().message, /: \.spec\.parts\[name="two"\]\.odd: field not declared in schema$/);
  const fine = await applyYaml(yaml("", ""), "fieldValidation=Strict");
  assert.equal(fine.code, 201);
  assert.deepEqual(fine.json().metadata.managedFields[0].fieldsV1, { "f:spec": { "f:cronSpec": {} } });
});

test("PUT says which version it replaces", async () => {
  await establish(server, definitionOf());
  const { client } = server;
  const made = await client.create(cronTabs(), cronTab("a", { cronSpec: "1" }));
  await assert.rejects(client.update(cronTabs(), cronTab("a", { cronSpec: "2" })), (error: StatusError) => {
    assert.ok(hasReason(error, "Invalid"));
    assert.match(error.message, /metadata\.resourceVersion: Invalid value: 0: must be specified for an update/);
    return true;
  });
  const changed = await client.update(cronTabs(), { ...made, spec: { cronSpec: "2" } });
  assert.deepEqual(changed.spec, { cronSpec: "2", replicas: 1 });
});

test("replicas are read and written by the paths of the definition", async () => {
  await establish(server, definitionOf());
  const { client } = server;
  const made = await client.create(cronTabs(), cronTab("a", { cronSpec: "1", replicas: 2 }));
  const status = { replicas: 1, labelSelector: "app=x" };
  await client.update(cronTabs(), { ...made, status }, { subresource: "status" });
  const got = (await askRaw(server.server, `${collection}/a/scale`)).json();
  assert.deepEqual([got.kind, got.apiVersion], ["Scale", "autoscaling/v1"]);
  assert.deepEqual([got.spec, got.status], [{ replicas: 2 }, { replicas: 1, selector: "app=x" }]);
  const scale = { ...got, spec: { replicas: 4 } };
  const put = await askRaw(server.server, `${collection}/a/scale`, { method: "PUT", body: JSON.stringify(scale) });
  assert.deepEqual([put.code, put.json().spec], [200, { replicas: 4 }]);
  const after = await client.get(cronTabs(), target);
  assert.deepEqual([(after.spec as { replicas: number }).replicas, after.metadata?.generation], [4, 2]);
  const many = { ...put.json(), spec: { replicas: 11 } };
  const refused = await askRaw(server.server, `${collection}/a/scale`, { method: "PUT", body: JSON.stringify(many) });
  assert.equal(refused.code, 422);
});

test("custom resources have no protobuf and no strategic merge patch, but their metadata has", async () => {
  await establish(server, definitionOf());
  await server.client.create(cronTabs(), cronTab("a", { cronSpec: "1" }));
  const protobuf = "application/vnd.kubernetes.protobuf";
  assert.equal((await askRaw(server.server, `${collection}/a`, { accept: protobuf })).code, 406);
  const either = await askRaw(server.server, `${collection}/a`, { accept: `${protobuf},application/json` });
  assert.deepEqual([either.code, either.headers["content-type"]], [200, "application/json"]);
  const partial = `${protobuf};as=PartialObjectMetadata;g=meta.k8s.io;v=v1`;
  assert.equal((await askRaw(server.server, `${collection}/a`, { accept: partial })).code, 200);
  const sent = await askRaw(server.server, collection, { method: "POST", body: "k8s\0", contentType: protobuf });
  assert.equal(sent.code, 415);
  const contentType = "application/strategic-merge-patch+json";
  const patched = await askRaw(server.server, `${collection}/a`, { method: "PATCH", body: "{}", contentType });
  assert.equal(patched.code, 415);
  assert.match(
    patched.json().message,
    /accepted media types include: application\/json-patch\+json, application\/merge-patch\+json, application\/apply-patch\+yaml$/,
  );
});

test("tables have the columns of the definition", async () => {
  await establish(server, definitionOf());
  await server.client.create(cronTabs(), cronTab("a", { cronSpec: "* *", replicas: 3 }));
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const table = (await askRaw(server.server, collection, { accept })).json();
  const columns = table.columnDefinitions.map(({ name, type }: { name: string; type: string }) => `${name} ${type}`);
  assert.deepEqual(columns, ["Name string", "Spec string", "Replicas integer", "Age date"]);
  assert.deepEqual(table.rows[0].cells.slice(0, 3), ["a", "* *", 3]);
});

test("clients of a deprecated version are warned", async () => {
  const versions = [
    versionOf("v1", { storage: true }),
    versionOf("v1beta1", { deprecated: true }),
    versionOf("v1alpha1", { deprecated: true, deprecationWarning: "use v1, please" }),
  ];
  await establish(server, definitionOf({ versions }));
  const warnings = async (version: string) =>
    (await askRaw(server.server, `/apis/stable.example.com/${version}/crontabs`)).headers.warning;
  assert.equal(await warnings("v1"), undefined);
  assert.deepEqual(await warnings("v1beta1"), [
    '299 - "stable.example.com/v1beta1 CronTab is deprecated; use stable.example.com/v1 CronTab"',
  ]);
  assert.deepEqual(await warnings("v1alpha1"), ['299 - "use v1, please"']);
});

test("rules in CEL and ratcheting: what was wrong before and did not change passes", async () => {
  const { client } = server;
  const definition = await establish(server, definitionOf());
  await client.create(cronTabs(), cronTab("a", { cronSpec: "1", image: "small" }));
  const version = versionOf("v1", { storage: true, properties: { image: { type: "string", maxLength: 2 } } });
  const spec = (version.schema!.openAPIV3Schema!.properties as Record<string, object>).spec!;
  Object.assign(spec, {
    "x-kubernetes-validations": [{ rule: "self.replicas >= oldSelf.replicas", message: "replicas may only grow" }],
  });
  const definitions = {
    group: "apiextensions.k8s.io",
    version: "v1",
    resource: "customresourcedefinitions",
    kind: "CustomResourceDefinition",
    namespaced: false,
  };
  await client.update(definitions, { ...definition, spec: { ...definition.spec, versions: [version] } } as never);
  const patch = (replicas: number) => client.patch(cronTabs(), target, { type: "merge", body: { spec: { replicas } } });
  assert.equal(((await patch(3)).spec as { replicas: number }).replicas, 3);
  await assert.rejects(patch(2), /spec: Invalid value: .*replicas may only grow/);
  const renamed = client.patch(cronTabs(), target, { type: "merge", body: { spec: { image: "other" } } });
  await assert.rejects(renamed, /spec\.image: Too long: may not be more than 2 bytes/);
});

test("who applies null instead of what it had said leaves null, where the schema has it", async () => {
  const parts = { type: "object", properties: { a: { type: "string" } } };
  const properties = { may: { ...parts, nullable: true }, must: parts };
  await establish(server, definitionOf({ versions: [versionOf("v1", { storage: true, properties })] }));
  const apply = (spec: string) =>
    applyYaml(`{apiVersion: stable.example.com/v1, kind: CronTab, spec: {cronSpec: "1", ${spec}}}`, "force=true");
  assert.equal((await apply("may: {a: x}")).code, 201);
  const cleared = await apply("may: null");
  assert.deepEqual(cleared.json().spec, { cronSpec: "1", replicas: 1, may: null });
  await apply("must: {a: x}");
  const refused = await apply("must: null");
  assert.equal(refused.code, 422);
  assert.match(
    refused.json().message,
    /spec\.must: Invalid value: "null": spec\.must in body must be of type object: "null"/,
  );
});
