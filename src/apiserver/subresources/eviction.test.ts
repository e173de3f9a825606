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
  } = {},
): Promise<() => Promise<unknown>> {
  const { client } = memory;
  const target = { namespace, name: "web" };
  const spec = { nodeName: "n1", containers: [{ name: "main", image: "web:1" }] };
  const pod = await client.create<Pod>(pods, { metadata: { ...target, labels: { app: "web" } }, spec });
  const conditions = [{ type: "Ready", status: options.ready === false ? "False" : "True" }];
  await client.update<Pod>(pods, { ...pod, status: { phase: "Running", conditions } }, { subresource: "status" });
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
  return () => client.create(pods, eviction, { subresource: "eviction", target });
}

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
  await assert.rejects(await setUp("strange", { apiVersion: "policy/v2" }), /does not match the expected API version/);
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
