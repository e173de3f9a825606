import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import type { PodDisruptionBudget } from "../../api/generated/policy/v1.ts";
import { podDisruptionBudgets, pods } from "../../api/generated/resources.ts";
import type { ApiObject } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";

let memory: MemoryServer;
before(async () => {
  memory = await startMemoryServer();
});
after(() => memory.close());

/** A running pod on a node, in a namespace of its own, with a budget whose status says this. */
async function setUp(
  namespace: string,
  options: {
    ready?: boolean;
    status?: Partial<NonNullable<PodDisruptionBudget["status"]>>;
    spec?: PodDisruptionBudget["spec"];
    apiVersion?: string;
    phase?: string;
    finalizers?: string[];
  } = {},
): Promise<(deleteOptions?: object) => Promise<unknown>> {
  const { client } = memory;
  const target = { namespace, name: "web" };
  const spec = { nodeName: "n1", containers: [{ name: "main", image: "web:1" }] };
  const pod = await client.create<Pod>(pods, {
    metadata: { ...target, labels: { app: "web" }, ...(options.finalizers && { finalizers: options.finalizers }) },
    spec,
  });
  const conditions = [{ type: "Ready", status: options.ready === false ? "False" : "True" }];
  await client.update<Pod>(
    pods,
    { ...pod, status: { phase: options.phase ?? "Running", conditions } },
    { subresource: "status" },
  );
  const budget = await client.create<PodDisruptionBudget>(podDisruptionBudgets, {
    metadata: { namespace, name: "b" },
    spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } }, ...options.spec },
  });
  const status = { currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, disruptionsAllowed: 0, ...options.status };
  if (options.status !== undefined) {
    const counted = { ...budget, status: { observedGeneration: 1, ...status } };
    await client.update<PodDisruptionBudget>(podDisruptionBudgets, counted, { subresource: "status" });
  }
  const { apiVersion = "policy/v1" } = options;
  const eviction: ApiObject = { apiVersion, kind: "Eviction", metadata: target };
  return (deleteOptions) =>
    client.create(pods, { ...eviction, ...(deleteOptions && { deleteOptions }) }, { subresource: "eviction", target });
}

const podOf = (namespace: string): Promise<Pod> => memory.client.get<Pod>(pods, { namespace, name: "web" });
const budgetOf = (namespace: string) =>
  memory.client.get<PodDisruptionBudget>(podDisruptionBudgets, { namespace, name: "b" });
const targetOf = ({ status }: Pod) => status?.conditions?.find(({ type }) => type === "DisruptionTarget");

async function causeOf(evict: () => Promise<unknown>): Promise<string | undefined> {
  const error = await evict().then(
    () => assert.fail("it should have been refused"),
    (failure: unknown) => failure,
  );
  assert.ok(error instanceof StatusError, String(error));
  assert.equal(error.code, 429);
  assert.equal(error.message, "Cannot evict pod as it would violate the pod's disruption budget.");
  return error.status.details?.causes?.[0]?.message;
}

test("an evicted pod says why it goes, and its budget counts it", async () => {
  const evict = await setUp("allowed", { status: { disruptionsAllowed: 1 } });
  await evict();
  const pod = await memory.client.get<Pod>(pods, { namespace: "allowed", name: "web" });
  assert.ok(pod.metadata?.deletionTimestamp);
  const condition = pod.status?.conditions?.find(({ type }) => type === "DisruptionTarget");
  assert.equal(condition?.reason, "EvictionByEvictionAPI");
  const budget = await memory.client.get<PodDisruptionBudget>(podDisruptionBudgets, {
    namespace: "allowed",
    name: "b",
  });
  assert.equal(budget.status?.disruptionsAllowed, 0);
  assert.deepEqual(Object.keys(budget.status?.disruptedPods ?? {}), ["web"]);
});

test("an Eviction of the old version is as good, and no other", async () => {
  await (await setUp("older", { apiVersion: "policy/v1beta1", status: { disruptionsAllowed: 1 } }))();
  const pod = await memory.client.get<Pod>(pods, { namespace: "older", name: "web" });
  assert.ok(pod.metadata?.deletionTimestamp);
  await assert.rejects(
    await setUp("strange", { apiVersion: "policy/v2" }),
    /no kind "Eviction" is registered for version "policy\/v2" in scheme /,
  );
});

test("a budget that allows none, or is not counted yet, refuses", async () => {
  assert.equal(
    await causeOf(await setUp("none", { status: {} })),
    "The disruption budget b needs 1 healthy pods and has 1 currently",
  );
  assert.equal(await causeOf(await setUp("new")), "The disruption budget b is still being processed by the server.");
});

test("a pod that is not ready may go when enough others are, or always where the budget says so", async () => {
  await (await setUp("enough", { ready: false, status: { currentHealthy: 1 } }))();
  await causeOf(await setUp("few", { ready: false, status: { currentHealthy: 0 } }));
  const spec = { unhealthyPodEvictionPolicy: "AlwaysAllow" };
  await (await setUp("always", { ready: false, status: { currentHealthy: 0 }, spec }))();
});

test("what a budget says when it allows none", async () => {
  const none = (reason: string, message: string) => [
    { type: "DisruptionAllowed", status: "False", reason, message, lastTransitionTime: "2026-01-01T00:00:00Z" },
  ];
  const enough = { currentHealthy: 3, desiredHealthy: 1 };
  const failed = { ...enough, conditions: none("SyncFailed", "no controller") };
  assert.equal(
    await causeOf(await setUp("failed", { status: failed })),
    "The disruption budget b does not allow evicting pods currently because it failed sync: no controller",
  );
  assert.equal(
    await causeOf(await setUp("why", { status: { ...enough, conditions: none("Paused", "not today") } })),
    "The disruption budget b does not allow evicting pods currently (Paused): not today",
  );
  assert.equal(
    await causeOf(await setUp("mute", { status: enough })),
    "The disruption budget b does not allow evicting pods currently",
  );
});

test("the last disruption that a budget allows turns its condition", async () => {
  await (await setUp("last", { status: { disruptionsAllowed: 1 } }))();
  const condition = (await budgetOf("last")).status?.conditions?.find(({ type }) => type === "DisruptionAllowed");
  assert.deepEqual([condition?.status, condition?.reason], ["False", "InsufficientPods"]);
});

test("a pod that ended goes without its budget, and is told why as well", async () => {
  for (const phase of ["Succeeded", "Pending"]) {
    const namespace = phase.toLowerCase();
    await (await setUp(namespace, { phase, finalizers: ["example.com/held"] }))();
    assert.equal(targetOf(await podOf(namespace))?.status, "True");
    assert.equal((await budgetOf(namespace)).status?.disruptedPods, undefined);
  }
});

test("a dry run leaves pod and budget as they are", async () => {
  await (await setUp("dry", { status: { disruptionsAllowed: 1 } }))({ dryRun: ["All"] });
  assert.equal(targetOf(await podOf("dry")), undefined);
  assert.equal((await budgetOf("dry")).status?.disruptionsAllowed, 1);
});

test("an eviction of another pod or another version of it is refused and leaves no note", async () => {
  const evict = await setUp("strict", { status: { disruptionsAllowed: 5 } });
  const { metadata } = await podOf("strict");
  const refusals: [object, RegExp][] = [
    [{ uid: "other" }, /the UID in the precondition \(other\) does not match/],
    [{ resourceVersion: "1" }, /the ResourceVersion in the precondition \(1\) does not match/],
  ];
  for (const [preconditions, message] of refusals) await assert.rejects(evict({ preconditions }), message);
  assert.equal(targetOf(await podOf("strict")), undefined);
  await evict({ preconditions: { uid: metadata?.uid, resourceVersion: metadata?.resourceVersion } });
  assert.ok((await podOf("strict")).metadata?.deletionTimestamp);
});

test("an Eviction is named after its pod", async () => {
  await setUp("named");
  const evict = (metadata: object) =>
    memory.client.create(pods, { apiVersion: "policy/v1", kind: "Eviction", metadata } as ApiObject, {
      subresource: "eviction",
      target: { namespace: "named", name: "web" },
    });
  await assert.rejects(evict({ name: "other" }), /name in URL does not match name in Eviction object/);
  await assert.rejects(evict({ name: "web", namespace: "other" }), /namespace of the provided object does not match/);
});
