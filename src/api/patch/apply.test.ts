import assert from "node:assert/strict";
import { test } from "node:test";
import type { ManagedFieldsEntry } from "../meta.ts";
import { loadSchema } from "../schema-data.ts";
import { StatusError } from "../status.ts";
import { applyConfiguration, trackUpdate } from "./apply.ts";
import { APPLY_PATCH, applyPatch } from "./apply-patch.ts";
import { pathsOf, pathText, readFieldSet } from "./field-set.ts";
import type { JsonObject } from "./json-value.ts";

const schema = loadSchema();
const definition = "io.k8s.api.apps.v1.Deployment";
const base = { schema, definition, apiVersion: "apps/v1", time: "2026-01-01T00:00:00Z", ignored: [["status"]] };
const by = (manager: string, more: object = {}) => ({ ...base, manager, ...more });

const deployment = (spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", ...metadata },
  spec,
});
const withContainers = (containers: JsonObject[], more: JsonObject = {}): JsonObject => ({
  ...more,
  template: { spec: { containers } },
});
const managersOf = (object: JsonObject): ManagedFieldsEntry[] =>
  (object.metadata as { managedFields: ManagedFieldsEntry[] }).managedFields;
const specOf = (object: JsonObject): unknown => object.spec;

test("fieldsV1 is read and written without loss", () => {
  const fields = {
    "f:metadata": { "f:labels": { ".": {}, "f:a": {} } },
    "f:spec": {
      "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {} } },
      "f:finalizers": { 'v:"x"': {} },
    },
  };
  assert.deepEqual(readFieldSet(fields), fields);
  assert.deepEqual(pathsOf(readFieldSet(fields)).map(pathText), [
    ".metadata.labels",
    ".metadata.labels.a",
    '.spec.finalizers[="x"]',
    '.spec.ports[port=80,protocol="TCP"]',
    '.spec.ports[port=80,protocol="TCP"].port',
  ]);
});

test("a create is owned by who made it, as upstream writes it", () => {
  const object = deployment(
    {
      replicas: 1,
      selector: { matchLabels: { app: "web" } },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: {
          containers: [{ name: "c", image: "x", resources: {}, ports: [{ containerPort: 80, protocol: "TCP" }] }],
          securityContext: {},
        },
      },
    },
    { labels: { app: "web" }, uid: "1", generation: 1 },
  );
  assert.deepEqual(trackUpdate(undefined, object, by("kubectl-create")), [
    {
      manager: "kubectl-create",
      operation: "Update",
      apiVersion: "apps/v1",
      time: "2026-01-01T00:00:00Z",
      fieldsType: "FieldsV1",
      fieldsV1: {
        "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
        "f:spec": {
          "f:replicas": {},
          "f:selector": {},
          "f:strategy": { "f:rollingUpdate": { ".": {}, "f:maxSurge": {} }, "f:type": {} },
          "f:template": {
            "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
            "f:spec": {
              "f:containers": {
                'k:{"name":"c"}': {
                  ".": {},
                  "f:image": {},
                  "f:name": {},
                  "f:ports": {
                    ".": {},
                    'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {}, "f:protocol": {} },
                  },
                  "f:resources": {},
                },
              },
              "f:securityContext": {},
            },
          },
        },
      },
    },
  ]);
});

test("an update owns what it changed, others lose it; no change changes nothing", () => {
  const created = deployment({ replicas: 1, paused: true });
  const first = trackUpdate(undefined, created, by("a"))!;
  const live = { ...created, metadata: { name: "web", managedFields: first } };
  assert.deepEqual(trackUpdate(live, created, by("b", { time: "2026-02-01T00:00:00Z" })), first);
  const scaled = deployment({ replicas: 3, paused: true });
  const after = trackUpdate(live, scaled, by("b", { time: "2026-02-01T00:00:00Z" }))!;
  assert.deepEqual(
    after.map(({ manager, time, fieldsV1 }) => [manager, time, fieldsV1]),
    [
      ["a", "2026-01-01T00:00:00Z", { "f:spec": { "f:paused": {} } }],
      ["b", "2026-02-01T00:00:00Z", { "f:spec": { "f:replicas": {} } }],
    ],
  );
  const removed = trackUpdate(live, deployment({ replicas: 1 }), by("b"))!;
  assert.deepEqual(
    removed.map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
    [["a", { "f:spec": { "f:replicas": {} } }]],
  );
});

test("status belongs to its subresource; lists of managers stay short; a list of one empty entry resets", () => {
  let live: JsonObject = { ...deployment({ replicas: 1 }), metadata: { name: "web", managedFields: [] } };
  live = { ...live, metadata: { name: "web", managedFields: trackUpdate(undefined, live, by("a"))! } };
  for (let index = 0; index < 14; index++) {
    const now = { ...live, spec: { ...(live.spec as JsonObject), [`field${index}`]: index } };
    const time = `2026-01-01T00:00:${String(10 + index)}Z`;
    live = { ...now, metadata: { name: "web", managedFields: trackUpdate(live, now, by(`m${index}`, { time }))! } };
  }
  const names = managersOf(live).map((entry) => entry.manager);
  assert.equal(names.length, 10);
  assert.ok(names.includes("ancient-changes") && names.includes("m13"));
  const status = { ...live, status: { replicas: 1 } };
  const tracked = trackUpdate(
    live,
    status,
    by("controller", { subresource: "status", ignored: [["spec"]], time: "2026-03-01T00:00:00Z" }),
  )!;
  assert.deepEqual(tracked.find((entry) => entry.subresource === "status")?.fieldsV1, {
    "f:status": { "f:replicas": {} },
  });
  assert.deepEqual(trackUpdate(live, { ...live, metadata: { name: "web", managedFields: [{}] } }, by("x")), []);
});

test("apply creates, and takes away what it no longer says", () => {
  const first = applyConfiguration(undefined, deployment({ replicas: 2 }, { labels: { a: "1", b: "2" } }), by("me"));
  assert.deepEqual(managersOf(first)[0]!.fieldsV1, {
    "f:metadata": { "f:labels": { "f:a": {}, "f:b": {} } },
    "f:spec": { "f:replicas": {} },
  });
  const second = applyConfiguration(
    first,
    deployment({}, { labels: { a: "1" } }),
    by("me", { time: "2026-02-01T00:00:00Z" }),
  );
  assert.deepEqual((second.metadata as JsonObject).labels, { a: "1" });
  assert.equal((second.spec as JsonObject | undefined)?.replicas, undefined);
  assert.equal(managersOf(second)[0]!.time, "2026-02-01T00:00:00Z");
  const third = applyConfiguration(
    { ...second, spec: {} },
    deployment({}, { labels: { a: "1" } }),
    by("me", { time: "2026-03-01T00:00:00Z" }),
  );
  assert.deepEqual(third.metadata, second.metadata, "applying the same again changes nothing");
});

test("apply merges lists by their keys, keeps what others added, and removes its own elements", () => {
  const mine = deployment(
    withContainers([
      { name: "a", image: "a:1" },
      { name: "b", image: "b:1" },
    ]),
  );
  const first = applyConfiguration(undefined, mine, by("me"));
  const injected = deployment(
    withContainers([
      { name: "a", image: "a:1", env: [{ name: "X", value: "1" }] },
      { name: "sidecar", image: "s" },
      { name: "b", image: "b:1" },
    ]),
    first.metadata as JsonObject,
  );
  const live = {
    ...injected,
    metadata: { ...(first.metadata as JsonObject), managedFields: trackUpdate(first, injected, by("mesh"))! },
  };
  const next = applyConfiguration(
    live,
    deployment(
      withContainers([
        { name: "a", image: "a:2" },
        { name: "c", image: "c" },
      ]),
    ),
    by("me"),
  );
  assert.deepEqual(
    specOf(next),
    withContainers([
      { name: "a", image: "a:2", env: [{ name: "X", value: "1" }] },
      { name: "sidecar", image: "s" },
      { name: "c", image: "c" },
    ]),
  );
});

test("ports are told apart by number and protocol, which is TCP when it is left out", () => {
  const ports = (list: JsonObject[]) => deployment(withContainers([{ name: "a", image: "x", ports: list }]));
  const first = applyConfiguration(
    undefined,
    ports([
      { containerPort: 53, protocol: "TCP" },
      { containerPort: 53, protocol: "UDP" },
    ]),
    by("me"),
  );
  const next = applyConfiguration(first, ports([{ containerPort: 53, name: "dns" }]), by("me"));
  assert.deepEqual(
    specOf(next),
    withContainers([{ name: "a", image: "x", ports: [{ containerPort: 53, name: "dns" }] }]),
  );
});

test("conflicts name the field and its manager, and go by force or by agreement", () => {
  const created = deployment({ replicas: 1, paused: true });
  const live = {
    ...created,
    metadata: { name: "web", managedFields: trackUpdate(undefined, created, by("kubectl"))! },
  };
  const refused = (spec: JsonObject) => {
    try {
      applyConfiguration(live, deployment(spec), by("me"));
    } catch (error) {
      assert.ok(error instanceof StatusError);
      return error;
    }
    throw new assert.AssertionError({ message: "no conflict" });
  };
  const one = refused({ replicas: 3 });
  assert.equal(one.message, 'Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas');
  assert.equal(one.code, 409);
  assert.deepEqual(one.status.details?.causes, [
    {
      reason: "FieldManagerConflict",
      message: 'conflict with "kubectl" using apps/v1',
      field: ".spec.replicas",
    },
  ]);
  assert.equal(
    refused({ replicas: 3, paused: false }).message,
    'Apply failed with 2 conflicts: conflicts with "kubectl" using apps/v1:\n- .spec.paused\n- .spec.replicas',
  );
  const agreed = applyConfiguration(live, deployment({ replicas: 1 }), by("me"));
  assert.deepEqual(
    managersOf(agreed).map((entry) => entry.manager),
    ["me", "kubectl"],
  );
  const forced = applyConfiguration(live, deployment({ replicas: 3 }), by("me", { force: true }));
  assert.deepEqual(
    managersOf(forced).map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
    [
      ["me", { "f:spec": { "f:replicas": {} } }],
      ["kubectl", { "f:spec": { "f:paused": {} } }],
    ],
  );
});

test("what nobody tracked belongs to before-first-apply; shared fields stay when one applier lets go", () => {
  const live = deployment({ replicas: 1, paused: true });
  const first = applyConfiguration(live, deployment({ replicas: 1 }), by("me"));
  assert.deepEqual(
    managersOf(first).map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
    [
      ["me", { "f:spec": { "f:replicas": {} } }],
      ["before-first-apply", { "f:spec": { "f:paused": {}, "f:replicas": {} } }],
    ],
  );
  const released = applyConfiguration(first, deployment({}), by("me"));
  assert.deepEqual(specOf(released), { replicas: 1, paused: true });
});

test("kubectl takes over from its own client-side apply without a conflict, and keeps the note true", () => {
  const note = "kubectl.kubernetes.io/last-applied-configuration";
  const said = (spec: JsonObject) => JSON.stringify({ apiVersion: "apps/v1", spec });
  const created = deployment({ replicas: 1, paused: true }, { annotations: { [note]: said({ replicas: 1 }) } });
  const managedFields = trackUpdate(undefined, created, by("kubectl-client-side-apply"))!;
  const live = { ...created, metadata: { ...(created.metadata as JsonObject), managedFields } };
  const next = applyConfiguration(live, deployment({ replicas: 2 }), by("kubectl"));
  assert.deepEqual(specOf(next), { replicas: 2, paused: true });
  assert.deepEqual((next.metadata as { annotations: JsonObject }).annotations, {
    [note]: '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":2}}\n',
  });
  assert.throws(
    () => applyConfiguration(live, deployment({ paused: false }), by("kubectl")),
    /1 conflict: .*\.spec\.paused$/,
  );
  assert.throws(
    () => applyConfiguration(live, deployment({ replicas: 2 }), by("other")),
    /1 conflict: .*\.spec\.replicas$/,
  );
});

test("wrong configurations are refused with what is wrong", () => {
  const apply = (spec: JsonObject) => () => applyConfiguration(undefined, deployment(spec), by("me"));
  assert.throws(apply(withContainers(["x"] as never)), /may not have non-map elements/);
  assert.throws(apply(withContainers([{ name: "a" }, { name: "a" }])), /duplicate entries for key \[name="a"\]/);
  assert.throws(
    () => applyConfiguration(undefined, deployment({}, { managedFields: [{ manager: "x" }] }), by("me")),
    /metadata.managedFields must be nil/,
  );
});

test("objects without a schema merge by field, their lists are replaced", () => {
  const untyped = { ...by("me"), definition: undefined };
  const first = applyConfiguration(undefined, { spec: { a: { b: 1 }, list: [1, 2] } }, untyped);
  const live = { ...first, spec: { a: { b: 1, c: 2 }, list: [1, 2] } };
  const next = applyPatch({
    type: APPLY_PATCH,
    original: live,
    patch: { spec: { a: { b: 2 }, list: [3] } },
    schema,
    definition: undefined,
    apply: untyped,
  });
  assert.deepEqual(next.spec, { a: { b: 2, c: 2 }, list: [3] });
});
