import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Job, JobSpec } from "../../src/api/generated/batch/v1.ts";
import type { Pod } from "../../src/api/generated/core/v1.ts";
import { jobs, pods } from "../../src/api/generated/resources.ts";
import { type Fate, startWorld } from "./world.ts";

const NAME = { namespace: "shop", name: "sum" };
const FINALIZER = "batch.kubernetes.io/job-tracking";

async function start(spec: Partial<JobSpec>, fate: (pod: Pod) => Fate = () => 0) {
  const world = await startWorld({ controllers: ["job-controller", "ttl-after-finished-controller"], fate });
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "sum", image: "sum" }] } };
  await world.client.create(jobs, { metadata: { ...NAME }, spec: { template, ...spec } } as Job);
  await world.pass(1000);
  return {
    ...world,
    job: () => world.client.get(jobs, NAME),
    patch: (body: object) => world.client.patch(jobs, NAME, { type: "merge", body }),
    held: async () => (await world.pods()).filter((pod) => pod.metadata?.finalizers?.includes(FINALIZER)).length,
  };
}
const types = (job: Job) => job.status?.conditions?.filter((each) => each.status === "True").map((each) => each.type);
const indexOf = (pod: Pod) => Number(pod.metadata?.annotations?.["batch.kubernetes.io/job-completion-index"]);

describe("a job with the real API server", () => {
  it("runs to completion, counts each pod once and lets them go", async () => {
    const world = await start({ completions: 5, parallelism: 2 });
    const { status } = await world.job();
    assert.equal(status?.succeeded, 5);
    assert.equal(status?.active, undefined);
    assert.deepEqual(status?.uncountedTerminatedPods ?? {}, {});
    assert.ok(status?.completionTime);
    assert.deepEqual(types(await world.job()), ["SuccessCriteriaMet", "Complete"]);
    assert.equal(await world.held(), 0);
    assert.ok((await world.events()).includes("Normal Completed: Job completed"));
    await world.close();
  });

  it("retries with back-off and fails at its limit", async () => {
    const world = await start({ backoffLimit: 1 }, () => 1);
    assert.equal((await world.job()).status?.failed, 1);
    await world.pass(12_000);
    const job = await world.job();
    assert.equal(job.status?.failed, 2);
    assert.deepEqual(types(job), ["FailureTarget", "Failed"]);
    assert.equal(job.status?.conditions?.at(-1)?.reason, "BackoffLimitExceeded");
    assert.equal(await world.held(), 0);
    await world.close();
  });

  it("gives every index to one pod", async () => {
    const world = await start({ completionMode: "Indexed", completions: 4, parallelism: 2 });
    assert.equal((await world.job()).status?.completedIndexes, "0-3");
    assert.deepEqual((await world.pods()).map(indexOf).sort(), [0, 1, 2, 3]);
    await world.close();
  });

  it("tries each index within its own limit", async () => {
    const spec = { completionMode: "Indexed", completions: 3, parallelism: 3, backoffLimitPerIndex: 1 };
    const world = await start(spec, (pod) => (indexOf(pod) === 1 ? 1 : 0));
    await world.pass(30_000);
    const { status } = await world.job();
    assert.equal(status?.completedIndexes, "0,2");
    assert.equal(status?.failedIndexes, "1");
    assert.equal(status?.failed, 2);
    assert.equal(status?.conditions?.at(-1)?.reason, "FailedIndexes");
    await world.close();
  });

  it("succeeds early by its successPolicy", async () => {
    const spec = {
      completionMode: "Indexed",
      completions: 3,
      parallelism: 3,
      successPolicy: { rules: [{ succeededIndexes: "0" }] },
    };
    const world = await start(spec, (pod) => (indexOf(pod) === 0 ? 0 : "ready"));
    const job = await world.job();
    assert.deepEqual(types(job), ["SuccessCriteriaMet", "Complete"]);
    assert.equal(job.status?.succeeded, 1);
    assert.equal(job.status?.conditions?.at(-1)?.reason, "SuccessPolicy");
    assert.equal((await world.pods()).length, 1);
    await world.close();
  });

  it("fails at once by its podFailurePolicy", async () => {
    const rules = [{ action: "FailJob", onExitCodes: { operator: "In", values: [42] } }];
    const world = await start({ podFailurePolicy: { rules } }, () => 42);
    assert.equal((await world.job()).status?.conditions?.at(-1)?.reason, "PodFailurePolicy");
    await world.close();
  });

  it("is suspended and resumed", async () => {
    const world = await start({ completions: 2, parallelism: 2, suspend: true }, () => "ready");
    assert.equal((await world.podNames()).length, 0);
    assert.deepEqual(types(await world.job()), ["Suspended"]);
    await world.patch({ spec: { suspend: false } });
    await world.pass(1000);
    assert.equal((await world.podNames()).length, 2);
    assert.ok((await world.job()).status?.startTime);
    const resized = { spec: { template: { spec: { nodeSelector: { disk: "ssd" } } } } };
    await assert.rejects(world.patch(resized), /field is immutable/);
    await world.patch({ spec: { suspend: true } });
    await world.pass(1000);
    assert.equal((await world.podNames()).length, 0);
    assert.equal((await world.job()).status?.startTime, undefined);
    await world.patch(resized);
    assert.deepEqual(
      (await world.events()).filter((event) => event.includes("Job")),
      ["Normal Suspended: Job suspended", "Normal Resumed: Job resumed"],
    );
    await world.close();
  });

  it("ends at its deadline", async () => {
    const world = await start({ activeDeadlineSeconds: 30 }, () => "ready");
    await world.pass(40_000);
    assert.equal((await world.job()).status?.conditions?.at(-1)?.reason, "DeadlineExceeded");
    assert.equal((await world.podNames()).length, 0);
    await world.close();
  });

  it("counts a pod that is deleted while it runs as failed, and replaces it", async () => {
    const world = await start({}, () => "ready");
    const [name] = await world.podNames();
    await world.client.delete(pods, { namespace: "shop", name: name! });
    await world.pass(15_000);
    assert.equal((await world.job()).status?.failed, 1);
    const after = await world.podNames();
    assert.equal(after.length, 1);
    assert.notEqual(after[0], name);
    await world.close();
  });

  it("lets its pods go when it is orphaned or deleted", async () => {
    const world = await start({}, () => "ready");
    assert.equal(await world.held(), 1);
    await world.client.delete(jobs, NAME, { propagationPolicy: "Background" });
    await world.pass(1000);
    assert.equal(await world.held(), 0);
    await world.close();
  });

  it("is removed after its ttl", async () => {
    const world = await start({ ttlSecondsAfterFinished: 60 });
    assert.deepEqual(types(await world.job()), ["SuccessCriteriaMet", "Complete"]);
    await world.pass(61_000);
    const gone = await world.job().then(
      (job) => job.metadata?.deletionTimestamp !== undefined,
      () => true,
    );
    assert.equal(gone, true);
    await world.close();
  });
});
