import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { namespaces, priorityClasses } from "../../api/generated/resources.ts";
import type { ApiObject } from "../../api/meta.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { askRaw, type RawAnswer } from "../testing/raw-door.ts";

const START = "2026-01-01T00:00:00Z";
const held = ["example.com/held"];

let memory: MemoryServer;
before(async () => {
  memory = await startMemoryServer();
  await memory.client.create(namespaces, { metadata: { name: "shop" } });
});
after(() => memory.close());

type Body = Readonly<Record<string, unknown>>;

async function ask(method: string, path: string, body?: Body): Promise<RawAnswer> {
  const text = body === undefined ? "" : JSON.stringify(body);
  return askRaw(memory.server, `/api/v1/namespaces/shop/${path}`, { method, body: text });
}

const SPECS: Readonly<Record<string, Body>> = {
  pods: { spec: { nodeName: "a", terminationGracePeriodSeconds: 30, containers: [{ name: "c", image: "c" }] } },
  configmaps: {},
  serviceaccounts: {},
  events: { involvedObject: { namespace: "shop" } },
};

async function make(resource: string, name: string, finalizers: readonly string[] = []): Promise<void> {
  const { code, text } = await ask("POST", resource, { metadata: { name, finalizers }, ...SPECS[resource] });
  assert.equal(code, 201, text);
}

const ORPHAN = { propagationPolicy: "Orphan" };
const FOREGROUND = { propagationPolicy: "Foreground" };
const grace = (gracePeriodSeconds: number): Body => ({ gracePeriodSeconds });

describe("what a DELETE answers, and whether it changes the object", () => {
  // Upstream's TestDeletionResponseMatrix: resource, finalizers, an earlier delete, the delete, kind of the answer, whether it is a new version.
  const rows: readonly (readonly [string, readonly string[], Body | undefined, Body, string, boolean])[] = [
    ["pods", [], undefined, {}, "Pod", true],
    ["pods", [], undefined, ORPHAN, "Pod", true],
    ["pods", [], undefined, FOREGROUND, "Pod", true],
    ["pods", [], undefined, grace(15), "Pod", true],
    ["pods", [], undefined, grace(0), "Pod", true],
    ["pods", [], grace(30), {}, "Pod", false],
    ["pods", [], grace(60), {}, "Pod", false],
    ["pods", [], grace(30), grace(15), "Pod", true],
    ["pods", [], grace(30), grace(0), "Pod", true],
    ["pods", held, grace(30), {}, "Pod", false],
    ["pods", held, grace(30), ORPHAN, "Pod", false],
    ["pods", held, grace(30), FOREGROUND, "Pod", false],
    ["pods", held, grace(30), grace(15), "Pod", true],
    ["pods", held, grace(30), grace(0), "Pod", true],
    ["serviceaccounts", [], undefined, {}, "ServiceAccount", true],
    ["serviceaccounts", [], undefined, ORPHAN, "ServiceAccount", true],
    ["serviceaccounts", held, {}, {}, "ServiceAccount", false],
    ["serviceaccounts", held, {}, ORPHAN, "ServiceAccount", true],
    ["serviceaccounts", held, {}, FOREGROUND, "ServiceAccount", true],
    ["configmaps", [], undefined, ORPHAN, "ConfigMap", true],
    ["configmaps", [], undefined, FOREGROUND, "ConfigMap", true],
    ["configmaps", held, {}, {}, "ConfigMap", false],
    ["configmaps", held, {}, ORPHAN, "ConfigMap", true],
    ["configmaps", held, ORPHAN, FOREGROUND, "ConfigMap", true],
  ];
  for (const [index, [resource, finalizers, first, options, kind, isNew]] of rows.entries()) {
    const said = `${JSON.stringify(options)}${first === undefined ? "" : ` after ${JSON.stringify(first)}`}`;
    test(`${resource}${finalizers.length > 0 ? " with a finalizer" : ""}: ${said}`, async () => {
      const path = `${resource}/d${index}`;
      await make(resource, `d${index}`, finalizers);
      if (first !== undefined) await ask("DELETE", path, first);
      const known = (await ask("GET", path)).json().metadata.resourceVersion;
      const { code, json } = await ask("DELETE", path, options);
      assert.deepEqual([code, json().kind], [200, kind]);
      assert.equal(Number(json().metadata.resourceVersion) > Number(known), isNew);
    });
  }
});

test("what is gone is told by a Status, or 202 when a client of old waits for dependents", async () => {
  await make("configmaps", "plain");
  const { json } = await ask("DELETE", "configmaps/plain");
  assert.deepEqual([json().kind, json().status, json().details.kind], ["Status", "Success", "configmaps"]);
  await make("configmaps", "waits", held);
  assert.equal((await ask("DELETE", "configmaps/waits", { orphanDependents: false })).code, 202);
  await make("configmaps", "goes");
  assert.equal((await ask("DELETE", "configmaps/goes", { orphanDependents: false })).code, 200);
});

test("a shorter grace period counts from the first delete, and a dry run shows it", async () => {
  await make("pods", "patient", held);
  await ask("DELETE", "pods/patient", grace(30));
  await memory.clock.advance(10_000);
  const path = "pods/patient?dryRun=All";
  const { metadata } = (await ask("DELETE", path, { ...grace(15), dryRun: ["All"] })).json();
  assert.deepEqual([metadata.deletionGracePeriodSeconds, metadata.deletionTimestamp], [15, "2026-01-01T00:00:15Z"]);
  assert.equal((await ask("GET", "pods/patient")).json().metadata.deletionGracePeriodSeconds, 30);
  const gone = (await ask("DELETE", "pods/patient", grace(0))).json().metadata;
  assert.deepEqual([gone.deletionGracePeriodSeconds, gone.deletionTimestamp], [0, START]);
});

test("options in the body are all there are: what the query says then counts for nothing", async () => {
  for (const name of ["said-twice", "said-once"]) await make("configmaps", name);
  const path = "configmaps/said-once?dryRun=All&propagationPolicy=Orphan";
  assert.equal((await ask("DELETE", path, {})).json().status, "Success");
  assert.equal((await ask("GET", "configmaps/said-once")).code, 404);
  assert.equal((await ask("DELETE", "configmaps/said-twice?dryRun=All", { dryRun: ["All"] })).code, 200);
  assert.equal((await ask("GET", "configmaps/said-twice")).code, 200);
});

test("finalizers that stay the same stay in their order", async () => {
  await make("configmaps", "ordered", ["orphan", "example.com/x"]);
  const { metadata } = (await ask("DELETE", "configmaps/ordered", { propagationPolicy: "Orphan" })).json();
  assert.deepEqual(metadata.finalizers, ["orphan", "example.com/x"]);
});

test("watchers see the end of a grace period before the pod goes", async () => {
  const pods = "/api/v1/namespaces/shop/pods";
  // On a node the client asks for no grace; a pod without a node never has one.
  for (const [name, spec, options] of [
    ["forced", SPECS.pods, grace(0)],
    ["waiting", { spec: { containers: [{ name: "c", image: "c" }] } }, {}],
  ] as const) {
    await askRaw(memory.server, pods, { method: "POST", body: JSON.stringify({ metadata: { name }, ...spec }) });
    const before = (await ask("GET", `pods/${name}`)).json().metadata;
    const { metadata } = (await ask("DELETE", `pods/${name}`, options)).json();
    const query = `watch=true&timeoutSeconds=1&fieldSelector=metadata.name=${name}&resourceVersion=${before.resourceVersion}`;
    const watch = askRaw(memory.server, `${pods}?${query}`);
    await memory.clock.advance(2000);
    const lines = (await watch).text.trim().split("\n");
    const seen = lines.map((line) => JSON.parse(line) as { type: string; object: ApiObject });
    assert.deepEqual(
      seen.map(({ type }) => type),
      ["MODIFIED", "DELETED"],
    );
    for (const { object } of seen) {
      assert.equal(object.metadata?.deletionGracePeriodSeconds, 0);
      assert.equal(object.metadata?.generation, before.generation + 1);
    }
    assert.equal(seen[1]?.object.metadata?.resourceVersion, metadata.resourceVersion);
  }
});

test("deletes of the same pod at once all have their way", async () => {
  await make("pods", "wanted");
  const answers = await Promise.all([1, 2, 3].map(() => ask("DELETE", "pods/wanted", grace(0))));
  for (const { code, text } of answers) assert.ok(code === 200 || code === 404, text);
  assert.equal(answers.filter(({ code }) => code === 200).length > 0, true);
  assert.equal((await ask("GET", "pods/wanted")).code, 404);
});

test("a namespace says only since when it goes", async () => {
  await memory.client.create(namespaces, { metadata: { name: "going" } });
  const { metadata, status } = (await askRaw(memory.server, "/api/v1/namespaces/going", { method: "DELETE" })).json();
  assert.equal(status.phase, "Terminating");
  assert.equal(metadata.deletionGracePeriodSeconds, undefined);
});

test("events own nothing: no policy holds them", async () => {
  await make("events", "e");
  assert.equal((await ask("DELETE", "events/e", FOREGROUND)).json().kind, "Status");
});

test("a limit says how many of a collection go", async () => {
  for (const name of ["a", "b", "c"]) await make("configmaps", `some-${name}`);
  const { json } = await ask("DELETE", "configmaps?limit=2&fieldSelector=metadata.name!=kube-root-ca.crt");
  assert.equal(json().items.length, 2);
});

test("pods of a deleted job stay unless a policy says otherwise, and the client is told", async () => {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "c" }] } };
  const JOBS = "/apis/batch/v1/namespaces/shop/jobs";
  const remove = async (options: Body): Promise<RawAnswer> => {
    const body = JSON.stringify({ metadata: { name: "j" }, spec: { template } });
    await askRaw(memory.server, JOBS, { method: "POST", body });
    return askRaw(memory.server, `${JOBS}/j`, { method: "DELETE", body: JSON.stringify(options) });
  };
  assert.equal((await remove({ propagationPolicy: "Background" })).headers.warning, undefined);
  const { headers, json } = await remove({});
  assert.match(String(headers.warning), /child pods are preserved by default when jobs are deleted/);
  assert.deepEqual(json().metadata.finalizers, ["orphan"]);
});

test("the system's priority classes are kept from deletes by name, and go with their collection as upstream's do", async () => {
  const path = "/apis/scheduling.k8s.io/v1/priorityclasses";
  const name = "system-cluster-critical";
  await memory.client.create(priorityClasses, { metadata: { name }, value: 2_000_000_000 });
  const refused = await askRaw(memory.server, `${path}/${name}`, { method: "DELETE" });
  assert.equal(refused.code, 403);
  assert.match(refused.json().message, /forbidden: this is a system priority class and cannot be deleted$/);
  const deleted = await askRaw(memory.server, path, { method: "DELETE" });
  assert.equal(deleted.code, 200);
  assert.equal((await askRaw(memory.server, `${path}/${name}`)).code, 404);
});
