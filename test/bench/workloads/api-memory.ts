import { setTimeout } from "node:timers/promises";
import { startBenchCluster } from "../load/bench-cluster.ts";
import { createPods, podBody, podsPath } from "../load/bench-pod.ts";
import { runLoad } from "../load/load.ts";
import { observations } from "../observer.ts";
import { forgetPeak, peakResidentMb, residentMb } from "../program.ts";
import { scaled, type Workload } from "../workload.ts";

const PODS = 100_000;
/** With so many of it a pod is 6 KB as the server keeps it. */
const FILLING = "what an operator notes of a pod. ";
const FILLINGS = 11;
const CHURN_PER_SECOND = 200;
const CHURN_MS = 20_000;
const REST_MS = 10_000;

export const apiMemory: Workload = {
  name: "api-memory",
  description:
    "100,000 pods of 6 KB, made through the API: resident memory against their JSON bytes, after a list and 20 s of 200 patches a second; pauses of garbage collection meanwhile",
  seconds: 180,
  goals: [
    { metric: "resident_to_json_ratio", atMost: 1.6 },
    { metric: "gc_longest_ms", atMost: 50 },
  ],
  async measure(run) {
    const cluster = await startBenchCluster(run, { observed: true });
    const { user, own } = cluster;
    const { pid } = own.run;
    try {
      const emptyMb = residentMb(pid);
      const pods = scaled(PODS, run, 100);
      const annotations = { "example.com/filling": FILLING.repeat(FILLINGS) };
      await createPods(cluster, pods, { body: withAnnotations(podBody(cluster.namespace), annotations) });
      const creating = await own.run.observed();
      await setTimeout(scaled(REST_MS, run, 1000));
      const restingMb = residentMb(pid);
      forgetPeak(pid);
      const path = podsPath(cluster);
      const list = await runLoad({ kind: "reads", target: user, path, accept: "application/json", count: 1 });
      const churn = await runLoad({
        kind: "requests",
        target: user,
        connections: 2,
        senders: 50,
        perSecond: CHURN_PER_SECOND,
        durationMs: scaled(CHURN_MS, run, 1000),
        requests: [
          {
            method: "PATCH",
            path: `${path}/pod-{n%${pods}}`,
            body: '{"metadata":{"labels":{"churn":"c{n}"}}}',
            contentType: "application/merge-patch+json",
          },
        ],
      });
      const observed = await own.run.observed();
      const peakMb = peakResidentMb(pid);
      await setTimeout(scaled(REST_MS, run, 1000));
      const jsonMb = list.bytes / 1e6;
      return {
        json_mb: jsonMb,
        kb_a_pod: list.bytes / 1000 / pods,
        empty_mb: emptyMb,
        resident_after_creates_mb: restingMb,
        resident_mb: residentMb(pid),
        peak_mb: peakMb,
        resident_to_json_ratio: residentMb(pid) / jsonMb,
        churn_p99_ms: churn.p99Ms,
        ...observations(observed),
        creating_gc_longest_ms: creating.gcLongestMs,
        creating_stall_max_ms: creating.stallMaxMs,
        gc_longest_ms: Math.max(creating.gcLongestMs, observed.gcLongestMs),
        churn_failures: churn.failures,
      };
    } finally {
      await cluster.stop();
    }
  },
};

function withAnnotations(body: string, annotations: Readonly<Record<string, string>>): string {
  const pod = JSON.parse(body) as { metadata: { annotations: Record<string, string> } };
  Object.assign(pod.metadata.annotations, annotations);
  return JSON.stringify(pod);
}
