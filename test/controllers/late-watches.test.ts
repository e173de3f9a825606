import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StatefulSet } from "../../src/api/generated/apps/v1.ts";
import type { CronJob, Job, JobSpec } from "../../src/api/generated/batch/v1.ts";
import type { PersistentVolumeClaim } from "../../src/api/generated/core/v1.ts";
import {
  cronJobs,
  endpointSlices,
  endpoints,
  jobs,
  persistentVolumeClaims,
  pods,
  services,
  statefulSets,
} from "../../src/api/generated/resources.ts";
import { isNotFound } from "../../src/api/status.ts";
import { type Fate, startWorld } from "./world.ts";

const MINUTE_MS = 60_000;
const FINALIZER = "batch.kubernetes.io/job-tracking";
const NAME = { namespace: "shop", name: "sum" };
const labels = { app: "sum" };
const template = { spec: { restartPolicy: "Never", containers: [{ name: "sum", image: "sum" }] } };

describe("jobs whose controller hears late of what it wrote itself", () => {
  const cases: [string, number, Partial<JobSpec>, { succeeded?: number; failed?: number; made: number }][] = [
    ["no pod is started for one that is counted", 0, {}, { succeeded: 1, made: 1 }],
    [
      "no index is started again that is counted",
      0,
      { completionMode: "Indexed", completions: 2, parallelism: 2 },
      { succeeded: 2, made: 2 },
    ],
    ["a failure is counted once, and waited after", 1, { backoffLimit: 3 }, { failed: 1, made: 1 }],
  ];
  for (const [what, exitCode, spec, expected] of cases) {
    it(what, async () => {
      let fate: Fate = "ready";
      const world = await startWorld({ controllers: ["job-controller"], fate: () => fate });
      await world.client.create(jobs, { metadata: NAME, spec: { template, ...spec } } as Job);
      await world.pass(1000);
      world.hold(jobs);
      fate = exitCode;
      // Their kubelet looks at them.
      const body = { metadata: { annotations: { look: "now" } } };
      for (const name of await world.podNames()) {
        await world.client.patch(pods, { namespace: "shop", name }, { type: "merge", body });
      }
      await world.pass(2000);
      const made = (await world.pods()).length;
      world.release(jobs);
      await world.pass(2000);
      const { succeeded, failed } = (await world.client.get(jobs, NAME)).status ?? {};
      assert.deepEqual({ succeeded, failed, made }, { succeeded: undefined, failed: undefined, ...expected });
      assert.equal((await world.pods()).length, expected.made);
      await world.close();
    });
  }

  it("pods of a job that it has not heard of yet are left to that job", async () => {
    const world = await startWorld({ controllers: ["job-controller"] });
    world.hold(jobs);
    const job = await world.client.create(jobs, { metadata: NAME, spec: { template } } as Job);
    const owner = { apiVersion: "batch/v1", kind: "Job", name: "sum", uid: job.metadata!.uid!, controller: true };
    const metadata = { namespace: "shop", name: "sum-1", finalizers: [FINALIZER], ownerReferences: [owner] };
    await world.client.create(pods, {
      metadata: { ...metadata, labels: { ...job.spec?.template.metadata?.labels } },
      spec: template.spec,
    });
    await world.pass(2000);
    const [pod] = await world.pods();
    assert.deepEqual(pod?.metadata?.finalizers, [FINALIZER]);
    world.release(jobs);
    await world.pass(2000);
    assert.equal((await world.pods()).length, 1);
    await world.close();
  });
});

describe("cron jobs whose controller hears late of what it wrote itself", () => {
  it("one moment gives one job, also when that is gone already", async () => {
    const world = await startWorld({ controllers: ["cronjob-controller"] });
    const spec = { schedule: "* * * * *", jobTemplate: { spec: { template } } };
    await world.client.create(cronJobs, { metadata: NAME, spec } as CronJob);
    await world.pass(MINUTE_MS - 5_000);
    world.hold(cronJobs);
    await world.pass(10_000);
    const [job] = (await world.client.list(jobs, { namespace: "shop" })).items;
    assert.ok(job !== undefined);
    await world.client.delete(
      jobs,
      { namespace: "shop", name: job.metadata!.name! },
      { propagationPolicy: "Background" },
    );
    await world.pass(10_000);
    assert.deepEqual((await world.client.list(jobs, { namespace: "shop" })).items, []);
    world.release(cronJobs);
    await world.pass(1000);
    assert.equal((await world.client.get(cronJobs, NAME)).status?.lastScheduleTime, "2026-01-01T00:01:00Z");
    await world.close();
  });

  it("Forbid: a job that runs is known although only its start was written", async () => {
    const world = await startWorld({ controllers: ["cronjob-controller"] });
    const spec = { schedule: "* * * * *", concurrencyPolicy: "Forbid", jobTemplate: { spec: { template } } };
    await world.client.create(cronJobs, { metadata: NAME, spec } as CronJob);
    await world.pass(MINUTE_MS - 5_000);
    world.hold(cronJobs);
    world.hold(jobs);
    await world.pass(3 * MINUTE_MS);
    assert.equal((await world.client.list(jobs, { namespace: "shop" })).items.length, 1);
    await world.close();
  });
});

describe("stateful sets whose controller hears late of what it wrote itself", () => {
  const volumeClaimTemplates = [
    {
      metadata: { name: "data" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
  ];
  const set = (more: object): StatefulSet =>
    ({
      metadata: NAME,
      spec: {
        ...{ serviceName: "sum", replicas: 2, selector: { matchLabels: labels }, ...more },
        template: { metadata: { labels }, spec: { containers: [{ name: "sum", image: "sum:1" }] } },
      },
    }) as StatefulSet;

  it("its pods come once, and go one after the other", async () => {
    const world = await startWorld({ controllers: ["statefulset-controller"] });
    world.hold(pods);
    await world.client.create(statefulSets, set({ podManagementPolicy: "Parallel" }));
    await world.pass(1000);
    const before = (await world.pods()).map(({ metadata }) => metadata?.uid).sort();
    assert.equal(before.length, 2);
    await world.pass(5000);
    assert.deepEqual((await world.pods()).map(({ metadata }) => metadata?.uid).sort(), before);
    world.release(pods);
    await world.pass(2000);
    assert.equal((await world.client.get(statefulSets, NAME)).status?.availableReplicas, 2);
    const told = (await world.events()).filter((event) => /SuccessfulCreate: create Pod/.test(event));
    assert.equal(told.length, 2);
    await world.close();
  });

  it("claims that show late still get their owner", async () => {
    const world = await startWorld({ controllers: ["statefulset-controller"] });
    world.hold(persistentVolumeClaims);
    const policy = { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Retain" } };
    await world.client.create(statefulSets, set({ volumeClaimTemplates, ...policy }));
    await world.pass(5000);
    assert.equal((await world.pods()).length, 2);
    world.release(persistentVolumeClaims);
    await world.pass(6000);
    const { items } = await world.client.list(persistentVolumeClaims, { namespace: "shop" });
    assert.deepEqual(
      items.map((claim) => claim.metadata?.ownerReferences?.map(({ kind }) => kind)),
      [["StatefulSet"], ["StatefulSet"]],
    );
    await world.close();
  });
});

describe("claims whose protector hears late of pods", () => {
  it("a claim stays for a pod that has not shown yet", async () => {
    const world = await startWorld({ controllers: ["persistentvolumeclaim-protection-controller"] });
    const claim: PersistentVolumeClaim = {
      metadata: { ...NAME, finalizers: ["kubernetes.io/pvc-protection"] },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    };
    await world.client.create(persistentVolumeClaims, claim);
    world.hold(pods);
    await world.client.create(pods, {
      metadata: { namespace: "shop", name: "user" },
      spec: {
        nodeName: "n1",
        containers: [{ name: "main", image: "a:1" }],
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: "sum" } }],
      },
    });
    await world.client.delete(persistentVolumeClaims, NAME);
    await world.pass(2000);
    await world.client.get(persistentVolumeClaims, NAME);
    world.release(pods);
    await world.pass(1000);
    await world.client.delete(pods, { namespace: "shop", name: "user" }, { gracePeriodSeconds: 0 });
    await world.pass(2000);
    await assert.rejects(world.client.get(persistentVolumeClaims, NAME), isNotFound);
    await world.close();
  });
});

describe("mirrors whose controller hears late of what it wrote itself", () => {
  it("one slice is made of one Endpoints object", async () => {
    const world = await startWorld({ controllers: ["endpointslice-mirroring-controller"] });
    await world.client.create(services, { metadata: NAME, spec: { ports: [{ port: 80 }] } });
    world.hold(endpointSlices);
    const subset = (ip: string) => [{ addresses: [{ ip }], ports: [{ port: 80, protocol: "TCP" }] }];
    const made = await world.client.create(endpoints, { metadata: NAME, subsets: subset("192.0.2.1") });
    await world.pass(1000);
    await world.client.update(endpoints, { ...made, subsets: subset("192.0.2.2") });
    await world.pass(1000);
    const slices = async () => (await world.client.list(endpointSlices, { namespace: "shop" })).items;
    assert.equal((await slices()).length, 1);
    world.release(endpointSlices);
    await world.pass(2000);
    assert.deepEqual(
      (await slices()).map((slice) => slice.endpoints?.map(({ addresses }) => addresses)),
      [[["192.0.2.2"]]],
    );
    await world.close();
  });
});
