import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiObject } from "../api/meta.ts";
import { conflict } from "../api/status.ts";
import { silentLogger } from "../base/log.ts";
import { Metrics } from "../base/metrics.ts";
import { seededRandom } from "../base/random.ts";
import { settle, VirtualClock } from "../base/virtual-clock.ts";
import { Client } from "../client/client.ts";
import type { RecordedEvent } from "../client/events.ts";
import { createInformerSet } from "../client/informer-set.ts";
import { createScriptedTransport } from "../client/scripted-transport.ts";
import type { TransportRequest, WatchEvent } from "../client/transport.ts";
import { exampleNode, examplePod } from "./examples.ts";
import { startScheduler } from "./scheduler.ts";

/** A scheduler that sees the given objects and whatever the test tells it later. */
async function start(
  objects: ApiObject[],
  answerWrite: (request: TransportRequest) => ApiObject | Promise<ApiObject> = () => ({}),
) {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const stop = new AbortController();
  const told: (RecordedEvent & { name: string | undefined })[] = [];
  const kinds: Record<string, string> = {
    pods: "Pod",
    nodes: "Node",
    persistentvolumeclaims: "PersistentVolumeClaim",
    storageclasses: "StorageClass",
  };
  const transport = createScriptedTransport((request) => {
    if (request.method !== "GET") return answerWrite(request);
    const resource = request.path.split("/").at(-1)!;
    const items = objects.filter((object) => object.kind === kinds[resource]);
    return { metadata: { resourceVersion: "1" }, items } as ApiObject;
  });
  const client = new Client(transport);
  const informers = createInformerSet({ client, clock, random, log: silentLogger });
  const metrics = new Metrics();
  const handle = await startScheduler({
    client,
    metrics,
    informers,
    clock,
    random,
    log: silentLogger,
    signal: stop.signal,
    events: { event: (about, event) => void told.push({ ...event, name: about.metadata?.name }) },
  });
  await settle();
  let revision = 1;
  return {
    clock,
    told,
    metrics,
    writes: () => transport.requests.filter((request) => request.method !== "GET"),
    async push(type: WatchEvent["type"], object: ApiObject) {
      revision++;
      const metadata = { ...object.metadata, resourceVersion: String(revision) };
      const watch = transport.watches.find(({ request }) => request.path.endsWith(`/${object.kind!.toLowerCase()}s`));
      watch!.events.push({ type, object: { ...object, metadata } });
      await settle();
    },
    async stop() {
      stop.abort();
      await informers.stop();
      await handle.stopped;
    },
  };
}

test("a pod is bound, and people are told", async () => {
  const scheduler = await start([exampleNode("node-a")]);
  await scheduler.push("ADDED", examplePod("web"));
  const [binding] = scheduler.writes();
  assert.equal(binding?.path, "/api/v1/namespaces/default/pods/web/binding");
  assert.deepEqual((binding?.body as { target?: unknown } | undefined)?.target, { kind: "Node", name: "node-a" });
  const message = "Successfully assigned default/web to node-a";
  assert.deepEqual(scheduler.told, [{ type: "Normal", reason: "Scheduled", message, name: "web" }]);
  await scheduler.stop();
});

test("room is taken before the binding is confirmed", async () => {
  const scheduler = await start([exampleNode("node-a", { allocatable: { pods: "1" } })]);
  await scheduler.push("ADDED", examplePod("first"));
  await scheduler.push("ADDED", examplePod("second"));
  assert.deepEqual(
    scheduler.told.map(({ name, reason }) => `${name} ${reason}`),
    ["first Scheduled", "second FailedScheduling"],
  );
  await scheduler.stop();
});

test("a pod that fits nowhere says why, and is tried again when a node helps", async () => {
  const scheduler = await start([exampleNode("small", { allocatable: { cpu: "1" } })]);
  await scheduler.push("ADDED", examplePod("web", { requests: { cpu: "2" } }));
  const patch = scheduler.writes().find((request) => request.method === "PATCH");
  assert.equal(patch?.path, "/api/v1/namespaces/default/pods/web/status");
  assert.ok(patch);
  const { conditions } = (patch.body as { status: { conditions: Record<string, string>[] } }).status;
  assert.equal(conditions[0]?.reason, "Unschedulable");
  assert.match(conditions[0]?.message ?? "", /^0\/1 nodes are available: 1 Insufficient cpu\./);
  assert.equal(scheduler.told[0]?.message, conditions[0]?.message);
  await scheduler.push("ADDED", exampleNode("large"));
  assert.equal(scheduler.told.at(-1)?.message, "Successfully assigned default/web to large");
  await scheduler.stop();
});

test("a binding that fails gives the room back and is tried again after its back-off", async () => {
  let failures = 1;
  const scheduler = await start([exampleNode("node-a")], (request) => {
    if (request.path.endsWith("/binding") && failures-- > 0)
      throw conflict({ group: "", resource: "pods" }, "web", "busy");
    return {};
  });
  await scheduler.push("ADDED", examplePod("web", { requests: { cpu: "4" } }));
  assert.equal(scheduler.told[0]?.reason, "FailedScheduling");
  assert.match(scheduler.told[0]?.message ?? "", /^binding rejected: Operation cannot be fulfilled/);
  await scheduler.clock.advance(999);
  assert.equal(scheduler.told.length, 1);
  await scheduler.clock.advance(1);
  assert.equal(scheduler.told.at(-1)?.reason, "Scheduled");
  await scheduler.stop();
});

test("pods of other schedulers and pods with a node are left alone; the latter take room", async () => {
  const scheduler = await start([
    exampleNode("node-a", { allocatable: { pods: "1" } }),
    examplePod("placed", { spec: { nodeName: "node-a" } }),
  ]);
  await scheduler.push("ADDED", examplePod("foreign", { spec: { schedulerName: "other" } }));
  assert.equal(scheduler.told.length, 0);
  await scheduler.push("ADDED", examplePod("web"));
  assert.match(scheduler.told[0]?.message ?? "", /1 Too many pods/);
  await scheduler.push("DELETED", examplePod("placed", { spec: { nodeName: "node-a" } }));
  assert.equal(scheduler.told.at(-1)?.reason, "Scheduled");
  await scheduler.stop();
});

test("a pod that a restored store shows without its node waits anew", async () => {
  const scheduler = await start([
    exampleNode("node-a", { allocatable: { pods: "1" } }),
    examplePod("web", { spec: { nodeName: "node-a" } }),
  ]);
  await scheduler.push("MODIFIED", examplePod("web"));
  assert.deepEqual(
    scheduler.told.map(({ message }) => message),
    ["Successfully assigned default/web to node-a"],
  );
  await scheduler.push("DELETED", examplePod("web"));
  await scheduler.push("ADDED", examplePod("next"));
  assert.equal(scheduler.told.at(-1)?.message, "Successfully assigned default/next to node-a");
  await scheduler.stop();
});

test("pods wait for the first node", async () => {
  const scheduler = await start([examplePod("web")]);
  assert.equal(scheduler.told[0]?.message, "no nodes available to schedule pods");
  await scheduler.push("ADDED", exampleNode("node-a"));
  assert.equal(scheduler.told.at(-1)?.reason, "Scheduled");
  await scheduler.stop();
});

test("an important pod makes room, waits for it, and takes it", async () => {
  const running = (name: string, priority: number) =>
    examplePod(name, { requests: { cpu: "4" }, spec: { nodeName: "node-a", priority } });
  const scheduler = await start([exampleNode("node-a"), running("low", 0)]);
  await scheduler.push("ADDED", examplePod("high", { requests: { cpu: "4" }, spec: { priority: 100 } }));
  assert.deepEqual(
    scheduler
      .writes()
      .map(({ method, path }) => `${method} ${path.replace("/api/v1/namespaces/default/pods/", "")}`)
      .sort(),
    ["DELETE low", "PATCH high/status", "PATCH low/status"],
  );
  const victim = scheduler.writes().find(({ path }) => path.endsWith("/low/status"))?.body as {
    status: { conditions: Record<string, string>[] };
  };
  assert.equal(victim.status.conditions[0]?.reason, "PreemptionByScheduler");
  const patch = scheduler.writes().find(({ path }) => path.endsWith("/high/status"))?.body as { status: object };
  assert.equal((patch.status as { nominatedNodeName?: string }).nominatedNodeName, "node-a");
  await scheduler.push("ADDED", examplePod("other", { requests: { cpu: "1" } }));
  await scheduler.push("DELETED", running("low", 0));
  assert.ok(scheduler.told.some(({ message }) => message === "Successfully assigned default/high to node-a"));
  assert.ok(!scheduler.told.some(({ name, reason }) => name === "other" && reason === "Scheduled"));
  await scheduler.stop();
});

test("where nobody is less important, that is said", async () => {
  const scheduler = await start([
    exampleNode("node-a"),
    examplePod("equal", { requests: { cpu: "4" }, spec: { nodeName: "node-a" } }),
  ]);
  await scheduler.push("ADDED", examplePod("web", { requests: { cpu: "1" } }));
  assert.equal(
    scheduler.told[0]?.message,
    "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
  );
  await scheduler.push("ADDED", examplePod("huge", { requests: { cpu: "100" } }));
  assert.match(scheduler.told.at(-1)?.message ?? "", /1 Preemption is not helpful for scheduling\.$/);
  await scheduler.stop();
});

test("attempts, waiting pods and what the cache holds are counted", async () => {
  const scheduler = await start([exampleNode("node-a", { allocatable: { pods: "1" } })]);
  await scheduler.push("ADDED", examplePod("first"));
  await scheduler.push("ADDED", examplePod("second"));
  const gated = examplePod("gated");
  await scheduler.push("ADDED", { ...gated, spec: { ...gated.spec, schedulingGates: [{ name: "g" }] } } as ApiObject);
  const lines = scheduler.metrics.text().split("\n");
  for (const line of [
    'scheduler_schedule_attempts_total{result="scheduled",profile="default-scheduler"} 1',
    'scheduler_schedule_attempts_total{result="unschedulable",profile="default-scheduler"} 1',
    'scheduler_scheduling_attempt_duration_seconds_count{result="scheduled",profile="default-scheduler"} 1',
    "scheduler_pod_scheduling_attempts_count 1",
    'scheduler_pod_scheduling_sli_duration_seconds_count{attempts="1"} 1',
    'scheduler_pending_pods{queue="unschedulable"} 1',
    'scheduler_pending_pods{queue="gated"} 1',
    'scheduler_pending_pods{queue="active"} 0',
    'scheduler_cache_size{type="nodes"} 1',
  ]) {
    assert.ok(lines.includes(line), `${line}\n${lines.filter((each) => each.startsWith("scheduler_")).join("\n")}`);
  }
  await scheduler.stop();
  assert.ok(!scheduler.metrics.text().includes("scheduler_pending_pods{"), "who leads no more has no pods waiting");
});

test("when very many bindings are under way the others wait for them, and all pods are bound", async () => {
  const waiting: (() => void)[] = [];
  const answer = () => new Promise<ApiObject>((resolve) => void waiting.push(() => resolve({})));
  const pods = Array.from({ length: 600 }, (_, index) => examplePod(`web-${index}`));
  const scheduler = await start(
    [exampleNode("node-a", { allocatable: { pods: "1000", cpu: "1000" } }), ...pods],
    answer,
  );
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  await turns();
  assert.equal(scheduler.writes().length, 512);
  waiting.shift()!();
  await turns();
  assert.equal(scheduler.writes().length, 513);
  for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
    each();
    await settle();
  }
  assert.equal(new Set(scheduler.writes().map(({ path }) => path)).size, 600);
  await scheduler.stop();
});

const promised = (more: object = {}) =>
  examplePod("promised", {
    requests: { cpu: "4" },
    spec: { priority: 10, schedulingGates: [{ name: "wait" }] },
    status: { nominatedNodeName: "node-a" },
    ...more,
  });
for (const [what, type, pod] of [
  ["has gone", "DELETED", promised()],
  ["is promised another node", "MODIFIED", promised({ status: { nominatedNodeName: "node-b" } })],
  ["is promised nothing any more", "MODIFIED", promised({ status: {} })],
] as const) {
  test(`a node is free for others again when the pod that it was promised to ${what}`, async () => {
    const scheduler = await start([exampleNode("node-a"), promised()]);
    await scheduler.push("ADDED", examplePod("web", { requests: { cpu: "1" } }));
    assert.match(scheduler.told[0]?.message ?? "", /Insufficient cpu/);
    await scheduler.push(type, pod);
    assert.equal(scheduler.told.at(-1)?.message, "Successfully assigned default/web to node-a");
    await scheduler.stop();
  });
}

test("a promise to a less important pod keeps nobody waiting, and its end wakes nobody", async () => {
  const scheduler = await start([exampleNode("node-a"), promised()]);
  await scheduler.push("ADDED", examplePod("high", { requests: { cpu: "9" }, spec: { priority: 20 } }));
  const before = scheduler.told.length;
  await scheduler.push("DELETED", promised());
  await scheduler.clock.advance(2000);
  assert.equal(scheduler.told.length, before);
  await scheduler.stop();
});

test("a pod that is deleted while it is bound holds no room any more", async () => {
  const binding = Promise.withResolvers<object>();
  const scheduler = await start([exampleNode("node-a")], ({ path }) =>
    path.endsWith("/web/binding") ? binding.promise : {},
  );
  const web = (metadata: object = {}) => examplePod("web", { requests: { cpu: "4" }, metadata });
  await scheduler.push("ADDED", web());
  await scheduler.push("ADDED", examplePod("next", { requests: { cpu: "4" } }));
  assert.match(scheduler.told.at(-1)?.message ?? "", /Insufficient cpu/);
  await scheduler.push("MODIFIED", web({ deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["a.io/b"] }));
  assert.equal(scheduler.told.at(-1)?.message, "Successfully assigned default/next to node-a");
  binding.resolve({});
  await scheduler.stop();
});

test("a pod whose volume is still to be made is promised its node meanwhile, and keeps it when that fails", async () => {
  const claim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace: "default", uid: "data" },
    spec: { storageClassName: "lazy" },
    status: { phase: "Pending" },
  } as ApiObject;
  const lazy = {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "lazy" },
    provisioner: "example.com/disks",
    volumeBindingMode: "WaitForFirstConsumer",
  } as ApiObject;
  const scheduler = await start([exampleNode("node-a"), claim, lazy]);
  const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "data" } }];
  const web = (more: object = {}) => examplePod("web", { requests: { cpu: "4" }, spec: { volumes }, ...more });
  await scheduler.push("ADDED", web());
  const sent = () =>
    scheduler.writes().map(({ path, body }) => ({ path, status: (body as { status?: object }).status }));
  assert.deepEqual(sent().slice(0, 2), [
    { path: "/api/v1/namespaces/default/pods/web/status", status: { nominatedNodeName: "node-a" } },
    { path: "/api/v1/namespaces/default/persistentvolumeclaims/data", status: undefined },
  ]);
  await scheduler.push("MODIFIED", web({ status: { nominatedNodeName: "node-a" } }));
  await scheduler.push("ADDED", examplePod("next", { requests: { cpu: "4" } }));
  assert.match(scheduler.told.at(-1)?.message ?? "", /Insufficient cpu/);
  await scheduler.clock.advance(600_000);
  assert.ok(scheduler.told.some(({ message }) => /PreBind plugin "VolumeBinding": timed out/.test(message)));
  assert.ok(!scheduler.told.some(({ reason }) => reason === "Scheduled"));
  await scheduler.stop();
});

test("a pod that has its volumes, or none, is bound at once", async () => {
  const scheduler = await start([exampleNode("node-a")]);
  await scheduler.push("ADDED", examplePod("web"));
  assert.deepEqual(
    scheduler.writes().map(({ path }) => path),
    ["/api/v1/namespaces/default/pods/web/binding"],
  );
  await scheduler.stop();
});
