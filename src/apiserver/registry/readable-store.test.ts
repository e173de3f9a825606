import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMap, Pod } from "../../api/generated/core/v1.ts";
import {
  configMaps,
  customResourceDefinitions,
  events,
  eventsEvents,
  horizontalPodAutoscalers,
  mutatingAdmissionPolicies,
  pods,
  resourceClaims,
} from "../../api/generated/resources.ts";
import { encodeObject } from "../../api/protobuf/encode.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { createMemoryStore } from "../../store/memory/memory-store.ts";
import { startMemoryServer } from "../testing/memory-server.ts";
import { readableStore } from "./readable-store.ts";

const pod = (name: string): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    namespace: "default",
    name,
    uid: "u1",
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { app: "web" },
  },
  spec: { nodeName: "n1", containers: [{ name: "c", image: "nginx:1", resources: { limits: { cpu: "100m" } } }] },
  status: { phase: "Running", podIP: "10.0.0.7" },
});

test("what upstream's API server has written is read, listed, watched and changed", async (context) => {
  const clock = new VirtualClock();
  const raw = createMemoryStore({ clock });
  await raw.create("/registry/pods/default/old", encodeObject(pod("old")));
  await raw.create(
    "/registry/configmaps/default/plain",
    Buffer.from(
      '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"plain","namespace":"default"},"data":{"a":"1"}}\n',
    ),
  );
  const memory = await startMemoryServer({ store: readableStore(raw) });
  context.after(() => memory.close());
  const { client } = memory;

  const old = await client.get(pods, { namespace: "default", name: "old" });
  assert.deepEqual(
    { ...old, metadata: { ...old.metadata, resourceVersion: undefined } },
    {
      ...pod("old"),
      metadata: { ...pod("old").metadata, resourceVersion: undefined },
    },
  );
  assert.equal((await client.get(configMaps, { namespace: "default", name: "plain" })).data?.a, "1");
  const bySelector = await client.list(pods, { labelSelector: "app=web", fieldSelector: "spec.nodeName=n1" });
  assert.deepEqual(
    bySelector.items.map(({ metadata }) => metadata?.name),
    ["old"],
  );

  const abort = new AbortController();
  const resourceVersion = bySelector.metadata?.resourceVersion ?? "";
  const watch = client.watch(pods, { resourceVersion, signal: abort.signal })[Symbol.asyncIterator]();
  const next = watch.next();
  const { revision } = await raw.create("/registry/pods/default/new", encodeObject(pod("new")));
  const seen = await next;
  assert.ok(seen.done !== true);
  assert.equal(seen.value.type, "ADDED");
  assert.equal(seen.value.object.metadata?.name, "new");
  assert.equal(seen.value.object.metadata?.resourceVersion, String(revision));
  abort.abort();

  const config = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "default", name: "c" },
    data: { a: "1" },
  };
  await raw.create("/registry/configmaps/default/c", encodeObject(config));
  const read = await client.get(configMaps, { namespace: "default", name: "c" });
  await client.update(configMaps, { ...read, data: { a: "2" } });
  const stored = await raw.get("/registry/configmaps/default/c");
  assert.deepEqual((JSON.parse(stored!.value.toString()) as ConfigMap).data, { a: "2" }, "written as JSON");
  await client.delete(pods, { namespace: "default", name: "new" }, { gracePeriodSeconds: 0 });
});

test("what upstream stores in another version is read in the one that is stored here", async (context) => {
  const raw = createMemoryStore({ clock: new VirtualClock() });
  const metadata = { name: "a", namespace: "default", uid: "u1" };
  const autoscaler = {
    apiVersion: "autoscaling/v1",
    kind: "HorizontalPodAutoscaler",
    metadata,
    spec: { scaleTargetRef: { kind: "Deployment", name: "web" }, maxReplicas: 3, targetCPUUtilizationPercentage: 70 },
  };
  await raw.create("/registry/horizontalpodautoscalers/default/a", encodeObject(autoscaler));
  const claim = {
    apiVersion: "resource.k8s.io/v1beta1",
    kind: "ResourceClaim",
    metadata,
    spec: { devices: { requests: [{ name: "gpu", deviceClassName: "gpus" }] } },
  };
  await raw.create("/registry/resourceclaims/default/a", encodeObject(claim));
  const policy = {
    apiVersion: "admissionregistration.k8s.io/v1beta1",
    kind: "MutatingAdmissionPolicy",
    metadata: { name: "a", uid: "u2" },
    spec: { failurePolicy: "Ignore", mutations: [] },
  };
  await raw.create("/registry/mutatingadmissionpolicies/a", encodeObject(policy));
  const memory = await startMemoryServer({ store: readableStore(raw) });
  context.after(() => memory.close());
  const { client } = memory;
  const at = { namespace: "default", name: "a" };

  const read = await client.get(horizontalPodAutoscalers, at);
  assert.deepEqual(
    [read.apiVersion, read.spec?.metrics?.[0]?.resource?.target.averageUtilization],
    ["autoscaling/v2", 70],
  );
  const { items } = await client.list(horizontalPodAutoscalers, {});
  assert.equal(items[0]?.spec?.metrics?.length, 1);
  await client.update(horizontalPodAutoscalers, { ...read, spec: { ...read.spec!, maxReplicas: 4 } });
  assert.match(
    (await raw.get("/registry/horizontalpodautoscalers/default/a"))!.value.toString(),
    /"apiVersion":"autoscaling\/v2"/,
  );
  const { spec, apiVersion } = await client.get(resourceClaims, at);
  assert.deepEqual(
    [apiVersion, spec?.devices?.requests?.[0]?.exactly?.deviceClassName],
    ["resource.k8s.io/v1", "gpus"],
  );
  const found = await client.get(mutatingAdmissionPolicies, { name: "a" });
  assert.deepEqual([found.apiVersion, found.spec?.failurePolicy], ["admissionregistration.k8s.io/v1", "Ignore"]);
});

test("so is JSON of another version, as upstream's --storage-media-type=application/json has it", async (context) => {
  const raw = createMemoryStore({ clock: new VirtualClock() });
  const memory = await startMemoryServer({ store: readableStore(raw) });
  context.after(() => memory.close());
  const { client } = memory;
  const { metadata } = await client.list(horizontalPodAutoscalers, {});
  const abort = new AbortController();
  const resourceVersion = metadata?.resourceVersion ?? "";
  const watch = client
    .watch(horizontalPodAutoscalers, { resourceVersion, signal: abort.signal })
    [Symbol.asyncIterator]();
  const next = watch.next();
  const stored =
    '{"kind":"HorizontalPodAutoscaler","apiVersion":"autoscaling/v1","metadata":{"name":"a","namespace":"default","uid":"u"},"spec":{"scaleTargetRef":{"kind":"Deployment","name":"web"},"maxReplicas":3,"targetCPUUtilizationPercentage":70}}\n';
  const { revision } = await raw.create("/registry/horizontalpodautoscalers/default/a", Buffer.from(stored));
  const seen = await next;
  assert.ok(seen.done !== true);
  const { object } = seen.value;
  assert.deepEqual([object.apiVersion, object.metadata?.resourceVersion], ["autoscaling/v2", String(revision)]);
  const read = await client.get(horizontalPodAutoscalers, { namespace: "default", name: "a" });
  assert.equal(read.spec?.metrics?.[0]?.resource?.target.averageUtilization, 70);
  abort.abort();
});

test("what nobody can read costs only itself", async (context) => {
  const clock = new VirtualClock();
  const raw = createMemoryStore({ clock });
  await raw.create("/registry/pods/default/broken", Buffer.from("k8s\0\x07garbage"));
  await raw.create("/registry/ranges/serviceips", Buffer.from("what this is, is not known"));
  const memory = await startMemoryServer({ store: readableStore(raw) });
  context.after(() => memory.close());
  const { client } = memory;
  await assert.rejects(client.get(pods, { namespace: "default", name: "broken" }), /pods\/default\/broken/);
  await client.create(pods, {
    metadata: { namespace: "default", name: "whole" },
    spec: { containers: [{ name: "c", image: "i" }] },
  });
  assert.equal((await client.get(pods, { namespace: "default", name: "whole" })).metadata?.name, "whole");
  await assert.rejects(client.list(pods), /pods\/default\/broken/);
});

test("an event that is stored as one of events.k8s.io is shown in both groups", async (context) => {
  const raw = createMemoryStore({ clock: new VirtualClock() });
  const memory = await startMemoryServer({ store: readableStore(raw) });
  context.after(() => memory.close());
  const stored = {
    kind: "Event",
    apiVersion: "events.k8s.io/v1",
    metadata: { name: "a", namespace: "default", uid: "u" },
    regarding: { kind: "Pod", name: "web" },
    note: "Started",
    eventTime: null,
  };
  await raw.create("/registry/events/default/a", Buffer.from(`${JSON.stringify(stored)}\n`));
  const at = { namespace: "default", name: "a" };
  const core = await memory.client.get(events, at);
  assert.deepEqual([core.apiVersion, core.involvedObject?.name, core.message], ["v1", "web", "Started"]);
  const own = await memory.client.get(eventsEvents, at);
  assert.deepEqual([own.apiVersion, own.regarding?.name, own.note], ["events.k8s.io/v1", "web", "Started"]);
});

test("definitions of custom resources are read from v1beta1, which upstream stores them in", async (context) => {
  const raw = createMemoryStore({ clock: new VirtualClock() });
  const definition = {
    kind: "CustomResourceDefinition",
    apiVersion: "apiextensions.k8s.io/v1beta1",
    metadata: { name: "boats.sea.example.com", uid: "u1", generation: 1 },
    spec: {
      group: "sea.example.com",
      version: "v1",
      names: { plural: "boats", singular: "boat", kind: "Boat", listKind: "BoatList" },
      scope: "Namespaced",
      validation: {
        openAPIV3Schema: {
          type: "object",
          properties: { spec: { type: "object", properties: { oars: { type: "integer", maximum: 8 } } } },
        },
      },
      versions: [{ name: "v1", served: true, storage: true }],
      additionalPrinterColumns: [{ name: "Oars", type: "integer", JSONPath: ".spec.oars" }],
      conversion: { strategy: "None" },
      preserveUnknownFields: false,
    },
    status: {
      conditions: [],
      acceptedNames: { plural: "boats", singular: "boat", kind: "Boat", listKind: "BoatList" },
      storedVersions: ["v1"],
    },
  };
  const key = "/registry/apiextensions.k8s.io/customresourcedefinitions/boats.sea.example.com";
  await raw.create(key, Buffer.from(`${JSON.stringify(definition)}\n`));
  const memory = await startMemoryServer({ store: readableStore(raw) });
  context.after(() => memory.close());
  const { client } = memory;

  const read = await client.get(customResourceDefinitions, { name: "boats.sea.example.com" });
  assert.equal(read.apiVersion, "apiextensions.k8s.io/v1");
  assert.deepEqual(read.spec, {
    group: "sea.example.com",
    names: definition.spec.names,
    scope: "Namespaced",
    conversion: { strategy: "None" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: definition.spec.validation,
        additionalPrinterColumns: [{ name: "Oars", type: "integer", jsonPath: ".spec.oars" }],
      },
    ],
  });
});
