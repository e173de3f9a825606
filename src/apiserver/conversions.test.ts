import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { HorizontalPodAutoscaler as AutoscalerV1 } from "../api/generated/autoscaling/v1.ts";
import type { HorizontalPodAutoscaler } from "../api/generated/autoscaling/v2.ts";
import type { Event as CoreEvent } from "../api/generated/core/v1.ts";
import type { Event } from "../api/generated/events.k8s.io/v1.ts";
import { events as coreEvents, horizontalPodAutoscalers as hpaV2, namespaces } from "../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../api/meta.ts";
import { present } from "../base/assert.ts";
import type { WatchEvent } from "../client/transport.ts";
import { type MemoryServer, startMemoryServer } from "./testing/memory-server.ts";

const events: ResourceReference<Event> = { ...coreEvents, group: "events.k8s.io" } as ResourceReference<Event>;
const hpaV1 = { ...hpaV2, version: "v1" } as ResourceReference<AutoscalerV1>;

let server: MemoryServer;
before(async () => {
  server = await startMemoryServer();
  await server.client.create(namespaces, { metadata: { name: "default" } } as never);
});
after(() => server.close());

const event: Event = {
  metadata: { name: "pulled.1", namespace: "default", labels: { by: "events" } },
  eventTime: "2026-01-01T00:00:00.000000Z",
  reportingController: "example.com/runner",
  reportingInstance: "runner-1",
  action: "Pulling",
  reason: "Pulled",
  regarding: { kind: "Pod", namespace: "default", name: "web", apiVersion: "v1" },
  note: "it is here",
  type: "Normal",
  series: { count: 2, lastObservedTime: "2026-01-01T00:00:01.000000Z" },
};

async function next<T extends ApiObject>(watch: AsyncIterator<WatchEvent<T>>): Promise<WatchEvent<T>> {
  return present((await watch.next()).value as WatchEvent<T> | undefined, "an event of the watch");
}

test("an event is stored once and served by both groups, each under its own names", async () => {
  const { client } = server;
  const made = await client.create(events, event);
  assert.equal(made.note, "it is here");
  assert.equal(made.apiVersion, "events.k8s.io/v1");
  const core = await client.get(coreEvents as ResourceReference<CoreEvent>, { namespace: "default", name: "pulled.1" });
  assert.equal(core.apiVersion, "v1");
  assert.equal(core.message, "it is here");
  assert.equal(core.involvedObject.name, "web");
  assert.equal(core.reportingComponent, "example.com/runner");
  assert.deepEqual(core.series, event.series);
  assert.equal("note" in core, false);
  assert.equal(core.metadata?.resourceVersion, made.metadata?.resourceVersion);
  const stored = await server.store.list({ prefix: "/registry/events/" });
  assert.equal(stored.items.length, 1);
  assert.match(stored.items[0]!.value.toString(), /^\{"kind":"Event","apiVersion":"v1"/);
});

test("what older events say in the core group is seen in the other, under its names", async () => {
  const { client } = server;
  const old: CoreEvent = {
    metadata: { name: "old.1", namespace: "default" },
    involvedObject: { kind: "Pod", namespace: "default", name: "old" },
    source: { component: "kubelet", host: "a" },
    count: 3,
  };
  await client.create(coreEvents as ResourceReference<CoreEvent>, old);
  const seen = await client.get(events, { namespace: "default", name: "old.1" });
  assert.deepEqual([seen.deprecatedSource, seen.deprecatedCount, seen.eventTime], [old.source, 3, null]);
  const labelled = { ...seen, metadata: { ...seen.metadata, labels: { seen: "yes" } } };
  assert.deepEqual((await client.update(events, labelled)).metadata?.labels, { seen: "yes" });
  await client.delete(events, { namespace: "default", name: "old.1" });
});

test("selectors of each version name its own fields", async () => {
  const found = await server.client.list(events, { namespace: "default", fieldSelector: "regarding.name=web" });
  assert.deepEqual(
    found.items.map(({ metadata, apiVersion }) => [metadata?.name, apiVersion]),
    [["pulled.1", "events.k8s.io/v1"]],
  );
  const none = await server.client.list(events, { namespace: "default", fieldSelector: "regarding.name=other" });
  assert.equal(none.items.length, 0);
  const core = await server.client.list(coreEvents, { namespace: "default", fieldSelector: "involvedObject.name=web" });
  assert.equal(core.items.length, 1);
});

test("a change made in one version reaches the watchers of the other, in its words, with its cause", async () => {
  const { client } = server;
  const list = await client.list(events, { namespace: "default" });
  const scope = new AbortController();
  const options = { namespace: "default", signal: scope.signal, resourceVersion: list.metadata.resourceVersion! };
  const watch = client.watch(events, options)[Symbol.asyncIterator]();
  const patch = { type: "merge", body: { message: "it is there" } } as const;
  const core = await client.patch(coreEvents, { namespace: "default", name: "pulled.1" }, patch);
  const seen = await next(watch);
  assert.equal(seen.type, "MODIFIED");
  assert.equal((seen.object as Event).note, "it is there");
  assert.equal(seen.object.metadata?.resourceVersion, core.metadata?.resourceVersion);
  await client.delete(events, { namespace: "default", name: "pulled.1" });
  const gone = await next(watch);
  assert.equal(gone.type, "DELETED");
  assert.equal((gone.object as Event).note, "it is there");
  scope.abort();
  // History is converted as well.
  const past = { namespace: "default", resourceVersion: list.metadata.resourceVersion! };
  const replay = client.watch(events, past)[Symbol.asyncIterator]();
  assert.equal(((await next(replay)).object as Event).note, "it is there");
  await replay.return?.(undefined);
  const exact = { method: "GET", path: "/apis/events.k8s.io/v1/events" } as const;
  const query = { resourceVersion: list.metadata.resourceVersion!, resourceVersionMatch: "Exact" };
  const before = (await client.transport.request({ ...exact, query })) as { items: Event[] };
  assert.equal(before.items[0]!.note, "it is here");
});

test("what autoscaling/v1 has no fields for survives a write through it", async () => {
  const { client } = server;
  const spec: HorizontalPodAutoscaler["spec"] = {
    scaleTargetRef: { kind: "Deployment", name: "web", apiVersion: "apps/v1" },
    minReplicas: 2,
    maxReplicas: 5,
    metrics: [
      {
        type: "Pods",
        pods: { metric: { name: "requests" }, target: { type: "AverageValue", averageValue: "10" } },
      },
      { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } } },
    ],
    behavior: { scaleDown: { policies: [{ type: "Pods", value: 1, periodSeconds: 60 }] } },
  };
  const made = await client.create(hpaV2, { metadata: { name: "web", namespace: "default" }, spec });
  const old = await client.get(hpaV1, { namespace: "default", name: "web" });
  assert.equal(old.apiVersion, "autoscaling/v1");
  assert.equal(old.spec.targetCPUUtilizationPercentage, 60);
  assert.deepEqual(JSON.parse(old.metadata?.annotations?.["autoscaling.alpha.kubernetes.io/metrics"] ?? ""), [
    { type: "Pods", pods: { metricName: "requests", targetAverageValue: "10" } },
  ]);
  const changed = { ...old, spec: { ...old.spec, maxReplicas: 7, targetCPUUtilizationPercentage: 70 } };
  assert.equal((await client.update(hpaV1, changed)).spec.maxReplicas, 7);
  const after = await client.get(hpaV2, { namespace: "default", name: "web" });
  assert.equal(after.spec.maxReplicas, 7);
  assert.equal(after.spec.metrics?.length, 2);
  assert.deepEqual(after.spec.metrics?.[0], spec.metrics?.[0]);
  assert.equal(after.spec.metrics?.[1]?.resource?.target.averageUtilization, 70);
  assert.deepEqual(after.spec.behavior, made.spec.behavior);
  assert.equal(after.metadata?.annotations, undefined);
});

test("versions of the same shape differ in apiVersion only, in what is written and what is shown", async () => {
  const { client } = server;
  const classes = (version: string): ResourceReference => ({
    group: "storage.k8s.io",
    version,
    resource: "volumeattributesclasses",
    kind: "VolumeAttributesClass",
    namespaced: false,
  });
  const draft = { metadata: { name: "gold" }, driverName: "example.com", parameters: { iops: "1" } };
  const made = await client.create(classes("v1beta1"), draft);
  assert.equal(made.apiVersion, "storage.k8s.io/v1beta1");
  assert.equal((await client.get(classes("v1"), { name: "gold" })).apiVersion, "storage.k8s.io/v1");
  const list = await client.list(classes("v1beta1"));
  assert.deepEqual(
    list.items.map(({ apiVersion }) => apiVersion),
    ["storage.k8s.io/v1beta1"],
  );
});
