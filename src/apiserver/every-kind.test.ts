import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { conversions } from "../api/conversions.ts";
import { type AnyObject, type ApiObject, apiVersionOf, type ResourceReference } from "../api/meta.ts";
import type { ResourceSchema } from "../api/schema.ts";
import { loadSchema } from "../api/schema-data.ts";
import { isNotFound, StatusError } from "../api/status.ts";
import { createTestAuthority } from "../base/testing/certificates.ts";
import { nextTurn } from "../base/turn.ts";
import { discoveryPaths } from "./discovery/paths.ts";
import { referenceOf } from "./registry/resource.ts";
import { type MemoryServer, startMemoryServer } from "./testing/memory-server.ts";
import { draftOf, type MinimalObject, minimalObjects } from "./testing/minimal-objects.ts";
import { askRaw } from "./testing/raw-door.ts";

const { resources } = loadSchema();
const stored = resources.filter(({ verbs }) => verbs.includes("create") && verbs.includes("list"));

let server: MemoryServer;
let minimal: Record<string, MinimalObject>;
before(async () => {
  minimal = minimalObjects(createTestAuthority().ca);
  server = await startMemoryServer({ paths: (table, served, remote) => [discoveryPaths(table, served, { remote })] });
  await server.client.create(reference(named("", "v1", "namespaces")), { metadata: { name: "default" } });
});
after(() => server.close());

const reference = (schema: ResourceSchema): ResourceReference => referenceOf(schema);

function named(group: string, version: string, resource: string): ResourceSchema {
  return resources.find((each) => each.group === group && each.version === version && each.resource === resource)!;
}

/** Every version that shows the same stored objects. */
function sameObjects({ group, resource }: ResourceSchema): readonly ResourceSchema[] {
  const home = (of: { group: string; resource: string }): string => {
    const to = conversions[`${of.group}/${of.resource}`]?.storedIn ?? of;
    return `${to.group}/${to.resource}`;
  };
  return stored.filter((each) => home(each) === home({ group, resource }));
}

test("36 group-versions with 95 resources and 55 subresources are served", async () => {
  const groupVersions = new Set(resources.map(apiVersionOf));
  const subresources = resources.flatMap((resource) => resource.subresources ?? []);
  assert.equal(groupVersions.size, 36);
  assert.equal(resources.length, 95);
  assert.equal(subresources.length, 55);
  const listed = new Map<string, readonly string[]>();
  for (const groupVersion of groupVersions) {
    const root = groupVersion.includes("/") ? "apis" : "api";
    const { resources: found } = (await askRaw(server.server, `/${root}/${groupVersion}`)).json();
    for (const { name, verbs } of found) listed.set(`${groupVersion}/${name}`, verbs);
  }
  assert.equal(listed.size, 95 + 55);
  for (const resource of resources) {
    const name = `${apiVersionOf(resource)}/${resource.resource}`;
    assert.deepEqual(listed.get(name), resource.verbs, name);
    for (const each of resource.subresources ?? []) assert.deepEqual(listed.get(`${name}/${each.name}`), each.verbs);
  }
});

for (const schema of stored) {
  const title = `${apiVersionOf(schema)} ${schema.kind}`;
  test(`${title}: created, read, listed, changed in every way, deleted`, async () => {
    const resource = reference(schema);
    const { client } = server;
    const made = await client.create(resource, draftOf(minimal, schema));
    const at = { name: made.metadata!.name!, ...(schema.namespaced && { namespace: "default" }) };
    assert.equal(made.apiVersion, apiVersionOf(schema));
    assert.equal(made.kind, schema.kind);
    assertSame(await client.get(resource, at), made);
    const { items } = await client.list(resource, { fieldSelector: `metadata.name=${at.name}` });
    assert.equal(items.length, 1);
    assertSame({ kind: schema.kind, apiVersion: apiVersionOf(schema), ...items[0] }, made);
    await changeInEveryWay(resource, at);
    await readsTheSame(schema, at);
    if (schema.subresources?.some(({ name }) => name === "status")) await changeStatus(resource, at);
    await client.delete(resource, at, { gracePeriodSeconds: 0 });
    await settle(resource, at);
    await gone(resource, at);
  });
}

/** Upstream's TestAllowCreateOnUpdate. */
const MADE_BY_PUT = [
  "clusterrolebindings",
  "clusterroles",
  "endpoints",
  "events",
  "leasecandidates",
  "leases",
  "limitranges",
  "rolebindings",
  "roles",
  "runtimeclasses",
  "services",
];

test("PUT makes what is not there of a few kinds, and of no others", async () => {
  for (const schema of stored) {
    const draft = draftOf(minimal, schema);
    const at = { name: draft.metadata!.name!, ...(schema.namespaced && { namespace: "default" }) };
    const path = pathOf(reference(schema), at);
    const { code, text } = await askRaw(server.server, path, { method: "PUT", body: JSON.stringify(draft) });
    assert.equal(code, MADE_BY_PUT.includes(schema.resource) ? 201 : 404, `${path}: ${text}`);
    if (code === 201) await server.client.delete(reference(schema), at, { gracePeriodSeconds: 0 });
  }
});

test("PUT of what is not there says so when it means an object that was", async () => {
  const path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/gone";
  const body = JSON.stringify({ metadata: { name: "gone", uid: "x" } });
  const { code, json } = await askRaw(server.server, path, { method: "PUT", body });
  assert.equal(code, 409);
  assert.match(
    json().message,
    /^Operation cannot be fulfilled on leases\.coordination\.k8s\.io "gone": StorageError: invalid object, Code: 4, Key: \/registry\/leases\/default\/gone, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: x, UID in object meta: $/,
  );
});

interface Place {
  readonly name: string;
  readonly namespace?: string;
}

async function changeInEveryWay(resource: ResourceReference, at: Place): Promise<void> {
  const { client } = server;
  await putAgain(resource, at, (current) => ({
    ...current,
    metadata: { ...current.metadata, labels: { ...current.metadata?.labels, put: "1" } },
  }));
  await client.patch(resource, at, { type: "merge", body: { metadata: { labels: { merge: "1" } } } });
  await client.patch(resource, at, { type: "strategic", body: { metadata: { labels: { strategic: "1" } } } });
  const add = [{ op: "add", path: "/metadata/labels/json", value: "1" }];
  await client.patch(resource, at, { type: "json", body: add });
  const applied = {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: { ...at, labels: { apply: "1" } },
  };
  const { metadata } = await client.patch(resource, at, { type: "apply", body: applied, fieldManager: "tester" });
  assert.equal(metadata?.managedFields?.find(({ operation }) => operation === "Apply")?.manager, "tester");
  const all = ["put", "merge", "strategic", "json", "apply"];
  const { labels } = (await client.get(resource, at)).metadata!;
  assert.deepEqual(
    all.filter((each) => labels?.[each] !== "1"),
    [],
  );
}

/** The server itself writes some objects, such as definitions, as soon as they are there. */
function assertSame(read: ApiObject, made: ApiObject): void {
  const isWritten = read.metadata?.resourceVersion !== made.metadata?.resourceVersion;
  if (isWritten) assert.equal(read.metadata?.uid, made.metadata?.uid);
  else assert.deepEqual(read, made);
}

async function putAgain(resource: ResourceReference, at: Place, change: (object: ApiObject) => ApiObject) {
  for (let tries = 10; ; tries--) {
    const current = await server.client.get(resource, at);
    try {
      return { current, put: await server.client.update(resource, change(current)) };
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === "Conflict") || tries === 0) throw error;
    }
  }
}

/** What every other version shows says the same when it is converted back. */
async function readsTheSame(schema: ResourceSchema, at: Place): Promise<void> {
  const { client } = server;
  const here = await client.get(reference(schema), at);
  for (const other of sameObjects(schema)) {
    const { current: there, put } = await putAgain(reference(other), at, (current) => current);
    assert.equal(there.apiVersion, apiVersionOf(other));
    assert.equal(there.metadata?.uid, here.metadata?.uid);
    assert.equal(put.metadata?.resourceVersion, there.metadata?.resourceVersion, "nothing is lost on the way");
  }
}

/** Kinds whose metadata stays as it is when their status is written. */
const STATUS_ALONE = [
  "apiservices",
  "devicetaintrules",
  "flowschemas",
  "podcertificaterequests",
  "podgroups",
  "prioritylevelconfigurations",
  "resourceclaims",
  "resourcepoolstatusrequests",
  "servicecidrs",
  "storageversionmigrations",
  "storageversions",
  "validatingadmissionpolicies",
  "volumeattachments",
];

async function changeStatus(resource: ResourceReference, at: Place): Promise<void> {
  const { client } = server;
  const read = (await client.transport.request({
    method: "GET",
    path: `${pathOf(resource, at)}/status`,
  })) as ApiObject;
  assert.equal(read.metadata?.name, at.name);
  if (resource.resource === "storageversionmigrations") Object.assign(read, { status: { resourceVersion: "1" } });
  const put = await client.update(resource, read, { subresource: "status" });
  if (resource.resource !== "storageversionmigrations") {
    assert.equal(put.metadata?.resourceVersion, read.metadata?.resourceVersion);
  }
  const isAlone = STATUS_ALONE.includes(resource.resource);
  const isWithoutLabels = isAlone || resource.resource === "deployments";
  for (const type of ["merge", "strategic"] as const) {
    const said = { [`status-${type}`]: "1" };
    const body = { metadata: { annotations: said, labels: said } };
    const { metadata } = await client.patch(resource, at, { type, body, subresource: "status" });
    assert.equal(metadata?.annotations?.[`status-${type}`], isAlone ? undefined : "1");
    assert.equal(metadata?.labels?.[`status-${type}`], isWithoutLabels ? undefined : "1");
  }
  const metadata = { ...at, labels: { "status-apply": "1" } };
  const applied = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata };
  const patch = { type: "apply", body: applied, fieldManager: "status-tester", subresource: "status" } as const;
  const { managedFields = [] } = (await client.patch(resource, at, patch)).metadata ?? {};
  // What cannot be set through the status is nobody's through it.
  assert.equal(
    managedFields.some(({ manager }) => manager === "status-tester"),
    !isWithoutLabels,
  );
}

const pathOf = (resource: ResourceReference, { name, namespace }: Place): string => {
  const root = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  return `${root}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${resource.resource}/${name}`;
};

/** Does what the controllers would that hold the deletion of some kinds. */
async function settle(resource: ResourceReference, at: Place): Promise<void> {
  const { client } = server;
  const left = await client.get(resource, at).catch(() => undefined);
  if (left === undefined) return;
  if (resource.resource === "namespaces") {
    const body = { ...left, spec: { finalizers: [] } };
    await client.transport.request({ method: "PUT", path: `${pathOf(resource, at)}/finalize`, body });
  } else if ((left.metadata?.finalizers ?? []).length > 0) {
    await client.patch(resource, at, { type: "merge", body: { metadata: { finalizers: null } } });
  }
}

/** Definitions go when the server has cleaned up after them. */
async function gone(resource: ResourceReference, at: Place): Promise<void> {
  for (let tries = 200; tries > 0; tries--) {
    const isThere = await server.client.get(resource, at).then(
      () => true,
      (error: unknown) => {
        if (!isNotFound(error)) throw error;
        return false;
      },
    );
    if (!isThere) return;
    await nextTurn();
  }
  assert.fail(`${resource.resource} ${at.name} is still there`);
}

test("component statuses are looked at when they are asked for, and only read", async () => {
  const path = "/api/v1/componentstatuses";
  const all = (await server.client.transport.request({ method: "GET", path })) as unknown as { items: ApiObject[] };
  assert.deepEqual(
    all.items.map(({ metadata }) => metadata?.name),
    ["controller-manager", "scheduler", "etcd-0"],
  );
  const one = (await server.client.transport.request({ method: "GET", path: `${path}/etcd-0` })) as AnyObject;
  assert.deepEqual(one.conditions, [{ type: "Healthy", status: "True", message: "ok" }]);
  const write = { method: "POST", path, body: { metadata: { name: "own" } } } as const;
  await assert.rejects(server.client.transport.request(write), { code: 405 });
});

test("a taint of devices says since when it is there, in every version", async () => {
  const { client } = server;
  const rules = reference(named("resource.k8s.io", "v1alpha3", "devicetaintrules"));
  const rule = { metadata: { name: "timed" }, spec: { taint: { key: "example.com/broken", effect: "NoSchedule" } } };
  const made = (await client.create(rules, rule)) as AnyObject;
  const added = (object: AnyObject) => (object.spec as { taint: { timeAdded?: string } }).taint.timeAdded;
  assert.match(added(made) ?? "", /^\d{4}-/);
  const slices = reference(named("resource.k8s.io", "v1beta1", "resourceslices"));
  const taints = [{ key: "example.com/broken", effect: "NoSchedule" }];
  const spec = {
    ...(minimal["resource.k8s.io/resourceslices"]!.spec as object),
    devices: [{ name: "gpu-0", basic: { taints } }],
  };
  const slice = (await client.create(slices, { metadata: { name: "timed" }, spec } as ApiObject)) as AnyObject;
  const [device] = (slice.spec as { devices: { basic: { taints: { timeAdded?: string }[] } }[] }).devices;
  assert.equal(device?.basic.taints[0]?.timeAdded, added(made));
});
