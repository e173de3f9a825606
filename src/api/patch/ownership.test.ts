import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSchema } from "../schema-data.ts";
import { applyConfiguration, trackUpdate } from "./apply.ts";
import type { JsonObject } from "./json-value.ts";

/**
 * Who owns what, where Go's types matter: what is null or zero, elements that come twice, who let go of what. Facts from upstream's
 * field managers, run side by side with these on objects of every kind.
 */

const NEW = "2026-02-01T00:00:00Z";
const schema = loadSchema();

interface Owner {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly fieldsV1: JsonObject;
  readonly apiVersion?: string;
}

function by(manager: string, { apiVersion, kind }: JsonObject, force = true) {
  const resource = schema.resources.find(
    (each) => each.kind === kind && [each.group, each.version].filter((part) => part !== "").join("/") === apiVersion,
  );
  return { schema, definition: resource!.definition, manager, apiVersion: String(apiVersion), time: NEW, force };
}

const object = (apiVersion: string, kind: string, rest: JsonObject): JsonObject => ({ apiVersion, kind, ...rest });
const pod = (spec: JsonObject): JsonObject => object("v1", "Pod", { metadata: { name: "a" }, spec });

const owned = (live: JsonObject, ...owners: Owner[]): JsonObject => {
  const managedFields = owners.map((owner) => ({
    apiVersion: String(live.apiVersion),
    fieldsType: "FieldsV1",
    time: "2026-01-01T00:00:00Z",
    ...owner,
  }));
  return { ...live, metadata: { name: "a", ...(live.metadata as JsonObject | undefined), managedFields } };
};

const ownersOf = (entries: unknown): JsonObject =>
  Object.fromEntries(((entries ?? []) as Owner[]).map(({ manager, fieldsV1 }) => [manager, fieldsV1]));

function apply(live: JsonObject | undefined, wanted: JsonObject, force = true) {
  const { metadata, spec } = applyConfiguration(live, wanted, by("me", wanted, force));
  return { spec, owners: ownersOf((metadata as JsonObject).managedFields) };
}

const created = (made: JsonObject): JsonObject => ownersOf(trackUpdate(undefined, made, by("me", made)));

test("who makes an object does not own what Go has there anyhow", () => {
  const cases: readonly (readonly [JsonObject, JsonObject])[] = [
    [object("scheduling.k8s.io/v1", "PriorityClass", { value: 0, globalDefault: true }), { "f:globalDefault": {} }],
    [object("apps/v1", "ControllerRevision", { revision: 0, data: null }), {}],
    [object("apps/v1", "ControllerRevision", { revision: 0, data: { a: 1 } }), { "f:data": {} }],
    [
      object("v1", "Event", { involvedObject: {}, eventTime: null, firstTimestamp: null, reason: "a" }),
      { "f:reason": {} },
    ],
    [object("apps/v1", "Deployment", { spec: { selector: null, template: {} } }), {}],
    [pod({ containers: [], dnsPolicy: "Default" }), { "f:spec": { "f:containers": {}, "f:dnsPolicy": {} } }],
  ];
  for (const [made, fields] of cases) {
    assert.deepEqual(created(made).me ?? {}, fields, JSON.stringify(made));
    const tracked = apply(made, object(String(made.apiVersion), String(made.kind), { metadata: { name: "a" } }));
    assert.deepEqual(tracked.owners["before-first-apply"] ?? {}, fields, JSON.stringify(made));
  }
});

test("null says nothing against what is in a field, and owns it", () => {
  const live = owned(pod({ dnsConfig: { searches: ["a"] }, nodeName: "n" }), {
    manager: "other",
    operation: "Update",
    fieldsV1: { "f:spec": { "f:dnsConfig": { ".": {}, "f:searches": {} }, "f:nodeName": {} } },
  });
  const { spec, owners } = apply(live, pod({ dnsConfig: null, nodeName: null }));
  assert.deepEqual(spec, { dnsConfig: { searches: ["a"] }, nodeName: null });
  assert.deepEqual(owners.me, { "f:spec": { "f:dnsConfig": {}, "f:nodeName": {} } });
});

test("a struct in which the applier owned something goes with all that nobody owns", () => {
  const probe = { readinessProbe: { tcpSocket: { host: "a", port: 0 } } };
  const me: Owner = {
    manager: "me",
    operation: "Apply",
    fieldsV1: {
      "f:spec": {
        "f:containers": {
          'k:{"name":"c"}': { ".": {}, "f:name": {}, "f:readinessProbe": { "f:tcpSocket": { "f:host": {} } } },
        },
      },
    },
  };
  const live = owned(pod({ containers: [{ name: "c", ...probe }] }), me);
  assert.deepEqual(apply(live, pod({ containers: [{ name: "c" }] })).spec, { containers: [{ name: "c" }] });
  const emptied = pod({ containers: [{ name: "c", readinessProbe: {} }] });
  assert.deepEqual(apply(live, emptied).spec, { containers: [{ name: "c" }] });
  const kept = applyConfiguration(live, emptied, { ...by("me", emptied), keepsNull: true });
  assert.deepEqual(kept.spec, { containers: [{ name: "c", readinessProbe: null }] });
});

test("elements that come twice are owned as one, and give way to the one that is applied", () => {
  const container = (...names: string[]): JsonObject =>
    Object.fromEntries(names.map((name) => [`k:{"name":"${name}"}`, { ".": {}, "f:name": {} }]));
  const app = { manager: "app", operation: "Apply" } as const;
  const live = owned(pod({ containers: [{ name: "c" }, { name: "d" }] }), {
    ...app,
    fieldsV1: { "f:spec": { "f:containers": container("c", "d") } },
  });
  const repeated = [{ name: "c" }, { name: "c", image: "b" }, { name: "d" }];
  const updated = pod({ containers: repeated });
  assert.deepEqual(ownersOf(trackUpdate(live, updated, by("me", updated))), {
    app: { "f:spec": { "f:containers": container("d") } },
    me: { "f:spec": { "f:containers": { 'k:{"name":"c"}': {} } } },
  });
  const { spec } = apply(
    owned(updated, { ...app, fieldsV1: { "f:spec": { "f:containers": { 'k:{"name":"c"}': {} } } } }),
    pod({ containers: [{ name: "c", workingDir: "w" }] }),
  );
  assert.deepEqual(spec, { containers: [{ name: "c", workingDir: "w" }, { name: "d" }] });
});

test("who comes to own what is there already has done nothing at any time", () => {
  const live = owned(pod({ nodeName: "n" }), {
    manager: "other",
    operation: "Update",
    fieldsV1: { "f:spec": { "f:nodeName": {} } },
  });
  const times = (wanted: JsonObject) => {
    const { managedFields } = applyConfiguration(live, wanted, by("me", wanted)).metadata as JsonObject;
    return (managedFields as JsonObject[]).map(({ manager, time }) => [manager, time]);
  };
  assert.deepEqual(times(pod({ nodeName: "n" })), [
    ["me", undefined],
    ["other", "2026-01-01T00:00:00Z"],
  ]);
  assert.deepEqual(times(pod({ nodeName: "n", hostname: "h" }))[0], ["me", NEW]);
});

test("a volume's claim is owned field by field, though references are not elsewhere", () => {
  const volume = (claimRef: JsonObject): JsonObject =>
    object("v1", "PersistentVolume", { metadata: { name: "a" }, spec: { claimRef } });
  const live = owned(volume({ name: "c" }), {
    manager: "other",
    operation: "Update",
    fieldsV1: { "f:spec": { "f:claimRef": { ".": {}, "f:name": {} } } },
  });
  const { spec, owners } = apply(live, volume({ uid: "u" }), false);
  assert.deepEqual(spec, { claimRef: { name: "c", uid: "u" } });
  assert.deepEqual(owners.me, { "f:spec": { "f:claimRef": { "f:uid": {} } } });
});

test("who writes a part of an object cannot say who owns the whole", () => {
  const live = owned(pod({ nodeName: "n" }), {
    manager: "a",
    operation: "Update",
    fieldsV1: { "f:spec": { "f:nodeName": {} } },
  });
  const emptied = { ...live, metadata: { name: "a", managedFields: [] }, status: { phase: "Running" } };
  const options = { ...by("me", live), subresource: "status", ignored: [["spec"]] };
  assert.deepEqual(Object.keys(ownersOf(trackUpdate(live, emptied, options))), ["a", "me"]);
});

test("what became one piece is owned as one by who owned a part of it", () => {
  const settings = { ref: "Settings", pointer: true } as const;
  const changing = {
    schema: {
      resources: [],
      definitions: {
        Custom: { fields: { settings } },
        Settings: {
          mapType: "atomic" as const,
          fields: { a: { type: "string" as const }, b: { type: "string" as const } },
        },
      },
    },
    definition: "Custom",
    hasVersion: () => true,
  };
  const live = owned(object("v1", "Custom", { settings: { a: "1" } }), {
    manager: "other",
    operation: "Apply",
    fieldsV1: { "f:settings": { "f:a": {} } },
  });
  const wanted = object("v1", "Custom", { metadata: { name: "a" }, settings: { b: "2" } });
  const options = { ...changing, manager: "me", apiVersion: "v1", time: NEW };
  assert.throws(() => applyConfiguration(live, wanted, options), /1 conflict: conflict with "other": \.settings$/);
  const { metadata } = applyConfiguration(live, wanted, { ...options, force: true });
  assert.deepEqual(ownersOf((metadata as JsonObject).managedFields), { me: { "f:settings": {} } });
});
