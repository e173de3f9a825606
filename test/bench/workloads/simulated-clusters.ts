import { setTimeout } from "node:timers/promises";
import { systemClock } from "../../../src/base/clock.ts";
import { createUser } from "../load/api-server.ts";
import { type BenchCluster, startBenchCluster } from "../load/bench-cluster.ts";
import { podsPath } from "../load/bench-pod.ts";
import type { RequestForm } from "../load/job.ts";
import { runLoad, startLoad } from "../load/load.ts";
import { observations } from "../observer.ts";
import { cpuMs, forgetPeak, peakResidentMb, residentMb, sumOf, withChildren } from "../program.ts";
import { type BenchRun, type Goal, type Measurements, scaled, type Workload } from "../workload.ts";

/** Creates a second, and as many deletes. */
const CHURN_PER_SECOND = 100;
/** So long that the whole heap is collected more than once: whether calls wait for that must not be luck. */
const CHURN_MS = 130_000;
/** A pod of the churn is deleted so long after it was created: it runs by then. */
const LIFE_MS = 8000;
/** Asked while pods come and go: what p99 is about. */
const CALLS_PER_SECOND = 100;
const REST_MS = 10_000;

/**
 * A cluster as large as that, held by one process. Its pods are made with their node already named, as a DaemonSet of old or a
 * restored backup would: that fills a cluster as fast as the kubelets take pods, and leaves the scheduler to the churn.
 */
function cluster(facts: {
  readonly name: string;
  readonly nodes: number;
  readonly pods: number;
  readonly seconds: number;
  readonly goals: readonly Goal[];
}): Workload {
  const [nodes, pods] = [facts.nodes.toLocaleString("en-US"), facts.pods.toLocaleString("en-US")];
  return {
    ...facts,
    description: `${nodes} simulated nodes hold ${pods} running pods: memory of the program's processes, and single-object calls while 100 pods a second are created and 100 deleted`,
    async measure(run) {
      const count = scaled(facts.nodes, run, 10);
      const held = scaled(facts.pods, run, 30);
      const words = ["--simulated-nodes", String(count)];
      const running = await startBenchCluster(run, { words, observed: true });
      try {
        const filled = await fill(running, { pods: held, nodes: count });
        await setTimeout(scaled(REST_MS, run, 1000));
        const heldMb = sumOf(residentMb, running.own.run.pid);
        return { ...filled, resident_mb: heldMb, ...(await churn(running, run, held)) };
      } finally {
        await running.stop();
      }
    },
  };
}

export const simulatedThousand: Workload = cluster({
  name: "simulated-1000-nodes",
  nodes: 1000,
  pods: 30_000,
  seconds: 300,
  goals: [
    { metric: "single_object_p99_ms", atMost: 100 },
    { metric: "failures", atMost: 0 },
  ],
});

export const simulatedLarge: Workload = cluster({
  name: "simulated-5000-nodes",
  nodes: 5000,
  pods: 150_000,
  seconds: 600,
  goals: [
    { metric: "resident_mb", atMost: 3000 },
    { metric: "single_object_p99_ms", atMost: 100 },
    { metric: "failures", atMost: 0 },
  ],
});

/** Makes the pods, and waits until each has been seen Running. */
async function fill(api: BenchCluster, { pods, nodes }: { pods: number; nodes: number }): Promise<Measurements> {
  const { user, own } = api;
  const begun = systemClock.monotonic();
  const cpuBefore = sumOf(cpuMs, own.run.pid);
  const path = podsPath(api);
  const running = startLoad({
    kind: "watchers",
    target: user,
    path: `${path}?watch=true&fieldSelector=status.phase%3DRunning`,
    connections: 1,
    watchers: 1,
    events: pods,
    eventType: "ADDED",
  });
  await Promise.race([running.ready, running.result]);
  const requests: RequestForm[] = [{ method: "POST", path, body: pod("held-{n}", `simulated-{n%${nodes}+1}`) }];
  const created = await runLoad({ kind: "requests", target: user, connections: 2, senders: 32, requests, count: pods });
  if (created.failures > 0) throw new Error(created.firstFailure);
  await running.result;
  const seconds = (systemClock.monotonic() - begun) / 1000;
  const observed = await own.run.observed();
  return {
    fill_seconds: seconds,
    fill_pods_per_second: pods / seconds,
    fill_cpu_ms_a_pod: (sumOf(cpuMs, own.run.pid) - cpuBefore) / pods,
    fill_gc_longest_ms: observed.gcLongestMs,
    fill_stall_max_ms: observed.stallMaxMs,
    peak_mb_of_filling: sumOf(peakResidentMb, own.run.pid),
  };
}

/** Pods come and go through scheduler and kubelets, while single objects are asked for at a fixed rate. */
async function churn(api: BenchCluster, run: BenchRun, held: number): Promise<Measurements> {
  const { client, user, namespace, own } = api;
  // Who asks for single objects is not who churns: its requests do not wait in the same queue.
  const reader = await createUser(client, { namespace, name: "reader", like: user });
  const path = podsPath(api);
  const durationMs = scaled(CHURN_MS, run, 2000);
  const lifeMs = scaled(LIFE_MS, run, 1000);
  const steady = (requests: readonly RequestForm[], perSecond: number) =>
    ({ kind: "requests", target: user, connections: 1, senders: 200, perSecond, durationMs, requests }) as const;
  const created = runLoad(steady([{ method: "POST", path, body: pod("churn-{n}") }], CHURN_PER_SECOND));
  await setTimeout(lifeMs);
  const deleted = runLoad(steady([{ method: "DELETE", path: `${path}/churn-{n}` }], CHURN_PER_SECOND));
  // Measured while both are at work.
  for (const pid of withChildren(own.run.pid)) forgetPeak(pid);
  await own.run.observed();
  const calls = await runLoad({
    ...steady(singleObjects(api, held), CALLS_PER_SECOND),
    target: reader,
    durationMs: durationMs - lifeMs,
  });
  const observed = await own.run.observed();
  const failures = [calls, await created, await deleted].map((result) => {
    if (result.firstFailure !== undefined) process.stderr.write(`${result.firstFailure}\n`);
    return result.failures;
  });
  return {
    single_object_p50_ms: calls.p50Ms,
    single_object_p99_ms: calls.p99Ms,
    single_object_p999_ms: calls.p999Ms,
    churn_create_p99_ms: (await created).p99Ms,
    churn_delete_p99_ms: (await deleted).p99Ms,
    churn_creates_per_second: (await created).perSecond,
    peak_mb: sumOf(peakResidentMb, own.run.pid),
    ...observations(observed),
    failures: failures.reduce((sum, count) => sum + count, 0),
  };
}

function singleObjects(api: BenchCluster, held: number): RequestForm[] {
  const configMaps = `/api/v1/namespaces/${api.namespace}/configmaps`;
  const known = `${podsPath(api)}/held-{n%${held}}`;
  return [
    { method: "GET", path: known },
    {
      method: "PATCH",
      path: known,
      body: '{"metadata":{"labels":{"seen":"s{n}"}}}',
      contentType: "application/merge-patch+json",
    },
    { method: "GET", path: known },
    {
      method: "POST",
      path: configMaps,
      body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one-{n}"},"data":{"a":"b"}}',
    },
  ];
}

/** As small as a pod is that is one of very many; the kubelets and the controllers add what else it has. */
function pod(name: string, nodeName?: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: "many" } },
    spec: {
      ...(nodeName !== undefined && { nodeName }),
      terminationGracePeriodSeconds: 1,
      containers: [{ name: "web", image: "web:1", resources: { requests: { cpu: "50m", memory: "64Mi" } } }],
    },
  });
}
