import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Deployment } from "../api/generated/apps/v1.ts";
import type { ConfigMap, Namespace, Node, Pod, Service } from "../api/generated/core/v1.ts";
import { configMaps, deployments, namespaces, nodes, pods, services } from "../api/generated/resources.ts";
import type { ApiObject } from "../api/meta.ts";
import { StatusError } from "../api/status.ts";
import { type MemoryServer, startMemoryServer } from "./testing/memory-server.ts";

let memory: MemoryServer;
before(async () => {
  memory = await startMemoryServer();
});
after(() => memory.close());

const configMap = (name: string, data: Record<string, string> = {}): ConfigMap => ({
  metadata: { name, namespace: "default" },
  data,
});
const named = (name: string) => ({ namespace: "default", name });
const container = { name: "main", image: "busybox" };

async function refused(work: Promise<unknown>, code: number, reason: string, text?: RegExp): Promise<StatusError> {
  const error = await work.then(
    () => assert.fail("it should have been refused"),
    (failure: unknown) => failure,
  );
  assert.ok(error instanceof StatusError, String(error));
  assert.equal(error.code, code);
  assert.equal(error.reason, reason);
  if (text !== undefined) assert.match(error.message, text);
  return error;
}

test("a created object gets its metadata from the server", async () => {
  const created = await memory.client.create<ConfigMap>(configMaps, configMap("made", { a: "1" }));
  assert.match(created.metadata?.uid ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(created.metadata?.creationTimestamp, "2026-01-01T00:00:00Z");
  assert.ok(Number(created.metadata?.resourceVersion) > 0);
  assert.deepEqual((await memory.client.get(configMaps, named("made"))).data, { a: "1" });
  await refused(
    memory.client.create(configMaps, configMap("made")),
    409,
    "AlreadyExists",
    /configmaps "made" already exists/,
  );
});

test("a new object says no version of its own; what is no number says none", async () => {
  const versioned = (name: string, resourceVersion: string): ConfigMap => {
    const draft = configMap(name);
    return { ...draft, metadata: { ...draft.metadata, resourceVersion } };
  };
  const again = memory.client.create(configMaps, versioned("again", "7"));
  await refused(again, 400, "BadRequest", /^resourceVersion should not be set on objects to be created$/);
  for (const [name, version] of [
    ["zero", "0"],
    ["word", "latest"],
  ] as const) {
    const made = await memory.client.create<ConfigMap>(configMaps, versioned(name, version));
    assert.match(made.metadata?.resourceVersion ?? "", /^[1-9]\d*$/);
  }
});

test("generateName makes a name that is free", async () => {
  const draft = { metadata: { generateName: "web-", namespace: "default" } };
  const made = await Promise.all(
    Array.from({ length: 20 }, () => memory.client.create(configMaps, structuredClone(draft))),
  );
  const names = made.map((each) => each.metadata?.name ?? "");
  assert.equal(new Set(names).size, 20);
  for (const name of names) assert.match(name, /^web-[a-z0-9]{5}$/);
});

test("a name that is taken is told as one that was generated where one was to be", async () => {
  await memory.client.create(configMaps, configMap("taken"));
  const draft = { ...configMap("taken"), metadata: { ...configMap("taken").metadata, generateName: "web-" } };
  for (const dryRun of [false, true]) {
    await assert.rejects(memory.client.create(configMaps, draft, { dryRun }), (error: unknown) => {
      assert.ok(error instanceof StatusError);
      const { code, message, details } = error.status;
      const why = 'configmaps "taken" already exists, the server was not able to generate a unique name for the object';
      assert.deepEqual([code, message, details?.retryAfterSeconds], [409, why, 1]);
      return true;
    });
  }
});

test("an update needs the revision that it saw, when it names one", async () => {
  const first = await memory.client.create<ConfigMap>(configMaps, configMap("contended"));
  const second = await memory.client.update(configMaps, { ...first, data: { by: "one" } });
  assert.notEqual(second.metadata?.resourceVersion, first.metadata?.resourceVersion);
  await refused(
    memory.client.update(configMaps, { ...first, data: { by: "two" } }),
    409,
    "Conflict",
    /has been modified/,
  );
  await memory.client.update(configMaps, { ...configMap("contended"), data: { by: "three" } });
  assert.deepEqual((await memory.client.get(configMaps, named("contended"))).data, { by: "three" });
});

test("concurrent patches without a precondition all take effect", async () => {
  await memory.client.create(configMaps, configMap("patched"));
  const keys = Array.from({ length: 4 }, (_, index) => `k${index}`);
  await Promise.all(
    keys.map((key) =>
      memory.client.patch(configMaps, named("patched"), { type: "merge", body: { data: { [key]: "x" } } }),
    ),
  );
  assert.deepEqual(Object.keys((await memory.client.get(configMaps, named("patched"))).data ?? {}).sort(), keys);
});

test("a change that changes nothing writes nothing", async () => {
  const before = await memory.client.create<ConfigMap>(configMaps, configMap("same", { a: "1" }));
  const revision = memory.store.revision();
  const after = await memory.client.update(configMaps, { ...before });
  assert.equal(after.metadata?.resourceVersion, before.metadata?.resourceVersion);
  assert.equal(memory.store.revision(), revision);
});

test("spec and status are written apart, and generation counts the spec", async () => {
  const template = { metadata: { labels: { app: "web" } }, spec: { containers: [container] } };
  const draft = {
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { matchLabels: { app: "web" } }, template },
    status: { replicas: 7 },
  };
  const made = await memory.client.create<Deployment>(deployments, draft as ApiObject);
  assert.equal(made.metadata?.generation, 1);
  assert.equal(made.status?.replicas, undefined);
  assert.equal(made.spec?.replicas, 1, "defaults are filled in");
  const scaled = await memory.client.patch(deployments, named("web"), {
    type: "merge",
    body: { spec: { replicas: 3 }, status: { replicas: 9 } },
  });
  assert.equal(scaled.metadata?.generation, 2);
  assert.equal(scaled.status?.replicas, undefined);
  const status = await memory.client.patch(deployments, named("web"), {
    type: "merge",
    subresource: "status",
    body: { spec: { replicas: 5 }, status: { replicas: 2 } },
  });
  assert.equal(status.spec?.replicas, 3);
  assert.equal(status.status?.replicas, 2);
  assert.equal(status.metadata?.generation, 2);
});

test("a status that is written gets its defaults", async () => {
  const spec = { type: "LoadBalancer", ports: [{ port: 80 }] };
  await memory.client.create<Service>(services, { metadata: named("balanced"), spec });
  const balanced = await memory.client.patch<Service>(services, named("balanced"), {
    type: "merge",
    subresource: "status",
    body: { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } },
  });
  assert.deepEqual(balanced.status?.loadBalancer?.ingress, [{ ip: "192.0.2.1", ipMode: "VIP" }]);
  const node = await memory.client.create<Node>(nodes, { metadata: { name: "n9" } });
  const seen = await memory.client.update<Node>(
    nodes,
    { ...node, status: { capacity: { pods: "9" } } },
    { subresource: "status" },
  );
  assert.equal(seen.status?.allocatable?.pods, "9");
  await memory.client.create(namespaces, { metadata: { name: "phased" } });
  const active = await memory.client.patch<Namespace>(
    namespaces,
    { name: "phased" },
    {
      type: "merge",
      subresource: "status",
      body: { status: { phase: null } },
    },
  );
  assert.equal(active.status?.phase, "Active");
});

test("annotations of a deployment count a generation, but for those that come with its status", async () => {
  const template = { metadata: { labels: { app: "noted" } }, spec: { containers: [container] } };
  const draft = {
    metadata: { name: "noted", namespace: "default" },
    spec: { selector: { matchLabels: { app: "noted" } }, template },
  };
  await memory.client.create<Deployment>(deployments, draft as ApiObject);
  const annotate = (value: string, subresource = "") =>
    memory.client.patch<Deployment>(deployments, named("noted"), {
      type: "merge",
      ...(subresource !== "" && { subresource }),
      body: { metadata: { annotations: { a: value } } },
    });
  assert.equal((await annotate("b")).metadata?.generation, 2);
  const { metadata } = await annotate("c", "status");
  assert.deepEqual([metadata?.annotations?.a, metadata?.generation], ["c", 2]);
});

test("an invalid object is refused with every cause", async () => {
  const pod = { metadata: { name: "Bad_Name", namespace: "default" }, spec: { containers: [] } };
  const error = await refused(memory.client.create(pods, pod as ApiObject), 422, "Invalid");
  const fields = error.status.details?.causes?.map((cause) => cause.field);
  assert.ok(fields?.includes("metadata.name"));
  assert.ok(fields?.includes("spec.containers"));
});

test("each of many that are alike is refused for what is wrong with it alone", async () => {
  const like = (name: string, more: object = {}): Pod => ({
    metadata: { name, namespace: "default" },
    spec: { containers: [{ ...container, ...more }] },
  });
  for (const name of ["alike-1", "alike-2"]) await memory.client.create<Pod>(pods, like(name));
  const unknownVolume = { volumeMounts: [{ name: "none", mountPath: "/x" }] };
  const missing = /spec.containers\[0\].volumeMounts\[0\].name: Not found: "none"/;
  for (const name of ["alike-3", "alike-4"]) {
    await refused(memory.client.create<Pod>(pods, like(name, unknownVolume)), 422, "Invalid", missing);
  }
  await refused(
    memory.client.create<Pod>(pods, like("Alike")),
    422,
    "Invalid",
    /metadata.name: Invalid value: "Alike"/,
  );
});

test("structs that were left out are as empty to the rules as those that were sent empty", async () => {
  const podAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [{}] };
  const pod = {
    metadata: { name: "a", namespace: "default" },
    spec: { containers: [container], affinity: { podAffinity } },
  };
  await refused(
    memory.client.create<Pod>(pods, pod as Pod),
    422,
    "Invalid",
    /preferredDuringSchedulingIgnoredDuringExecution\[0\].podAffinityTerm.topologyKey: Required value/,
  );
});

test("finalizers hold a deleted object until the last one is taken out", async () => {
  await memory.client.create(configMaps, { metadata: { ...named("held"), finalizers: ["example.com/a"] } });
  await memory.client.delete(configMaps, named("held"));
  const held = await memory.client.get(configMaps, named("held"));
  assert.ok(held.metadata?.deletionTimestamp);
  await refused(
    memory.client.patch(configMaps, named("held"), {
      type: "merge",
      body: { metadata: { finalizers: ["example.com/a", "example.com/b"] } },
    }),
    422,
    "Invalid",
    /no new finalizers can be added/,
  );
  await memory.client.patch(configMaps, named("held"), {
    type: "json",
    body: [{ op: "remove", path: "/metadata/finalizers" }],
  });
  await refused(memory.client.get(configMaps, named("held")), 404, "NotFound");
});

test("a propagation policy becomes a finalizer", async () => {
  for (const [policy, finalizer] of [
    ["Orphan", "orphan"],
    ["Foreground", "foregroundDeletion"],
  ] as const) {
    await memory.client.create(configMaps, configMap(`policy-${finalizer.toLowerCase()}`));
    const target = named(`policy-${finalizer.toLowerCase()}`);
    await memory.client.delete(configMaps, target, { propagationPolicy: policy });
    assert.deepEqual((await memory.client.get(configMaps, target)).metadata?.finalizers, [finalizer]);
  }
});

test("a delete with the wrong uid deletes nothing", async () => {
  await memory.client.create(configMaps, configMap("kept"));
  await refused(
    memory.client.delete(configMaps, named("kept"), { preconditions: { uid: "other" } }),
    409,
    "Conflict",
    /on ConfigMap "kept": the UID in the precondition \(other\) does not match the UID in record/,
  );
  await memory.client.get(configMaps, named("kept"));
});

test("a bound pod is deleted gracefully, an unbound one at once", async () => {
  const pod = (name: string) =>
    ({
      metadata: { name, namespace: "default" },
      spec: { containers: [container], terminationGracePeriodSeconds: 20 },
    }) as ApiObject;
  await memory.client.create(pods, pod("unbound"));
  await memory.client.delete(pods, named("unbound"));
  await refused(memory.client.get(pods, named("unbound")), 404, "NotFound");

  await memory.client.create(pods, pod("bound"));
  const binding = { metadata: { name: "bound" }, target: { kind: "Node", name: "n1" } };
  await memory.client.create(pods, binding as ApiObject, { subresource: "binding", target: named("bound") });
  const bound = await memory.client.get<Pod>(pods, named("bound"));
  assert.equal(bound.spec?.nodeName, "n1");
  assert.equal(bound.metadata?.generation, 1, "its node is no wish of its owner");
  assert.equal(bound.status?.conditions?.find((each) => each.type === "PodScheduled")?.status, "True");
  await refused(
    memory.client.create(pods, binding as ApiObject, { subresource: "binding", target: named("bound") }),
    409,
    "Conflict",
    /already assigned/,
  );
  await memory.client.delete(pods, named("bound"));
  const leaving = await memory.client.get(pods, named("bound"));
  assert.equal(leaving.metadata?.deletionGracePeriodSeconds, 20);
  assert.equal(leaving.metadata?.deletionTimestamp, "2026-01-01T00:00:20Z");
  await memory.client.delete(pods, named("bound"), { gracePeriodSeconds: 0 });
  await refused(memory.client.get(pods, named("bound")), 404, "NotFound");
});

test("a Binding may be posted to its own collection", async () => {
  await memory.client.create(pods, { metadata: named("posted"), spec: { containers: [container] } });
  const binding = { metadata: { name: "posted" }, target: { kind: "Node", name: "n2" } };
  await memory.client.transport.request({ method: "POST", path: "/api/v1/namespaces/default/bindings", body: binding });
  assert.equal((await memory.client.get<Pod>(pods, named("posted"))).spec?.nodeName, "n2");
});

test("an apply merges by field owner, and says whose field it would take", async () => {
  const apply = (manager: string, data: Record<string, string>, force = false) =>
    memory.client.patch<ConfigMap>(configMaps, named("applied"), {
      type: "apply",
      fieldManager: manager,
      force,
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "applied" }, data },
    });
  await apply("one", { a: "1", b: "1" });
  assert.deepEqual((await apply("two", { c: "2" })).data, { a: "1", b: "1", c: "2" });
  await refused(apply("two", { a: "2", c: "2" }), 409, "Conflict", /conflict with "one"/);
  assert.deepEqual((await apply("two", { a: "2", c: "2" }, true)).data, { a: "2", b: "1", c: "2" });
  assert.deepEqual((await apply("one", { a: "2" })).data, { a: "2", c: "2" }, "what its owner no longer says goes");
});

test("a namespace stays until its finalizer is taken out through finalize", async () => {
  const made = await memory.client.create<Namespace>(namespaces, { metadata: { name: "team" } });
  assert.deepEqual(made.spec?.finalizers, ["kubernetes"]);
  await memory.client.delete(namespaces, { name: "team" });
  const ending = await memory.client.get(namespaces, { name: "team" });
  assert.equal(ending.status?.phase, "Terminating");
  await memory.client.update(namespaces, { ...ending, spec: { finalizers: [] } }, { subresource: "finalize" });
  await refused(memory.client.get(namespaces, { name: "team" }), 404, "NotFound");
});

test("services get an address and node ports of their own, and give them back", async () => {
  const service = (name: string, extra: object = {}) =>
    ({
      metadata: { name, namespace: "default" },
      spec: { type: "NodePort", ports: [{ port: 80 }], ...extra },
    }) as ApiObject;
  const first = await memory.client.create<Service>(services, service("first"));
  const second = await memory.client.create<Service>(services, service("second"));
  assert.match(first.spec?.clusterIP ?? "", /^10\.96\.\d+\.\d+$/);
  assert.notEqual(first.spec?.clusterIP, second.spec?.clusterIP);
  const port = first.spec?.ports?.[0]?.nodePort ?? 0;
  assert.ok(port >= 30000 && port <= 32767);
  const taken = service("third", { clusterIP: first.spec?.clusterIP });
  await refused(
    memory.client.create(services, structuredClone(taken)),
    422,
    "Invalid",
    /provided IP is already allocated/,
  );
  await refused(
    memory.client.create(services, service("third", { ports: [{ port: 80, nodePort: port }] })),
    422,
    "Invalid",
    /already allocated/,
  );
  await memory.client.delete(services, named("first"));
  const third = await memory.client.create<Service>(services, taken);
  assert.equal(third.spec?.clusterIP, first.spec?.clusterIP);
  const headless = await memory.client.create<Service>(
    services,
    service("headless", { type: "ClusterIP", clusterIP: "None" }),
  );
  assert.deepEqual(headless.spec?.clusterIPs, ["None"]);
});

test("a dry run shows what would be and leaves no trace", async () => {
  const revision = memory.store.revision();
  const shown = await memory.client.create<ConfigMap>(configMaps, configMap("dry", { a: "1" }), { dryRun: true });
  assert.deepEqual(shown.data, { a: "1" });
  assert.equal(memory.store.revision(), revision);
  await refused(memory.client.get(configMaps, named("dry")), 404, "NotFound");
});

test("scale reads and writes replicas of any workload", async () => {
  const scale = (await memory.client.transport.request({
    method: "GET",
    path: "/apis/apps/v1/namespaces/default/deployments/web/scale",
  })) as ApiObject & {
    spec: { replicas: number };
    status: { selector: string };
  };
  assert.equal(scale.spec.replicas, 3);
  assert.equal(scale.status.selector, "app=web");
  await memory.client.patch(deployments, named("web"), {
    type: "merge",
    subresource: "scale",
    body: { spec: { replicas: 4 } },
  });
  assert.equal((await memory.client.get<Deployment>(deployments, named("web"))).spec?.replicas, 4);
});

test("of many that change one object at once without naming its version none hears of a conflict", async () => {
  await memory.client.create(configMaps, configMap("busy"));
  const writers = Array.from({ length: 40 }, (_, index) => `w${index}`);
  const patch = (body: object) => memory.client.patch(configMaps, named("busy"), { type: "merge", body });
  await Promise.all(writers.map((writer) => patch({ data: { [writer]: "x" } })));
  const { data, metadata } = await memory.client.get<ConfigMap>(configMaps, named("busy"));
  assert.deepEqual(Object.keys(data ?? {}).sort(), writers.toSorted());
  // Who names a version is told at once.
  const old = { metadata: { resourceVersion: metadata?.resourceVersion } };
  await patch({ data: { y: "1" } });
  await refused(patch({ ...old, data: { y: "2" } }), 409, "Conflict", /the object has been modified/);
  const deletion = memory.client.delete(configMaps, named("busy"));
  await Promise.allSettled([...writers.map((writer) => patch({ data: { [writer]: "z" } })), deletion]);
  await deletion;
  await refused(memory.client.get(configMaps, named("busy")), 404, "NotFound");
});

test("somebody without a role may do nothing", async () => {
  const stranger = memory.clientOf({ name: "jane", groups: ["system:authenticated"] });
  await refused(
    stranger.list(pods, { namespace: "default" }),
    403,
    "Forbidden",
    /User "jane" cannot list resource "pods" in API group "" in the namespace "default"/,
  );
});
