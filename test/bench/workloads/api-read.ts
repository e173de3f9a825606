import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { pods } from "../../../src/api/generated/resources.ts";
import { startBare } from "../load/bare.ts";
import { type BenchCluster, NAMESPACE, startBenchCluster } from "../load/bench-cluster.ts";
import { PODS_PATH } from "../load/bench-pod.ts";
import type { ReadsResult, Target } from "../load/job.ts";
import { runLoad } from "../load/load.ts";
import type { Workload } from "../workload.ts";
import { createPods } from "./api-write.ts";

const DURATION_MS = 4000;
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";
const PROTOBUF = "application/vnd.kubernetes.protobuf";

export const apiGet: Workload = {
  name: "api-get",
  description: "GET of one 3 KB pod by 64 clients over HTTP/2, against a bare loop that answers the same bytes",
  goals: [
    { metric: "gets_per_second", atLeast: 30_000 },
    { metric: "ratio_to_bare", atLeast: 0.5 },
    { metric: "failures", atMost: 0 },
  ],
  async measure(directory) {
    const cluster = await startBenchCluster(directory);
    try {
      await createPods(cluster.user, 100);
      const pod = await cluster.client.get(pods, { namespace: NAMESPACE, name: "pod-7" });
      const bodies = { "/pod": JSON.stringify(pod) };
      const bare = await startBare({ dataDirectory: cluster.dataDirectory, like: cluster.user, bodies });
      try {
        const ours = await gets(cluster.user, `${PODS_PATH}/pod-7`);
        const theirs = await gets(bare.target, "/pod");
        return {
          gets_per_second: ours.perSecond,
          p50_ms: ours.p50Ms,
          p99_ms: ours.p99Ms,
          bare_per_second: theirs.perSecond,
          ratio_to_bare: ours.perSecond / theirs.perSecond,
          failures: ours.failures,
        };
      } finally {
        await bare.stop();
      }
    } finally {
      await cluster.stop();
    }
  },
};

async function gets(target: Target, path: string) {
  const job = { kind: "requests", target, connections: 4, senders: 64, requests: [{ method: "GET", path }] } as const;
  await runLoad({ ...job, count: 10_000 });
  return runLoad({ ...job, durationMs: DURATION_MS });
}

export const apiList: Workload = {
  name: "api-list",
  description:
    "LIST of 10,000 pods as JSON, Table and protobuf, against a bare loop that writes one cached buffer of the same bytes",
  goals: [
    { metric: "ratio_to_buffer", atLeast: 0.7 },
    { metric: "first_byte_ms", atMost: 20 },
    { metric: "extra_memory_mb", atMost: 64 },
    { metric: "slowest_other_request_ms", atMost: 20 },
    { metric: "table_ratio_to_buffer", atLeast: 0.25 },
    { metric: "protobuf_ratio_to_buffer", atLeast: 0.25 },
  ],
  async measure(directory) {
    const cluster = await startBenchCluster(directory);
    try {
      await createPods(cluster.user, 10_000);
      // What the creates left behind (garbage, sockets) is not the lists'.
      await setTimeout(3000);
      return await lists(cluster);
    } finally {
      await cluster.stop();
    }
  },
};

async function lists(cluster: BenchCluster) {
  const { user } = cluster;
  const read = (accept: string, target: Target = user, path = PODS_PATH): Promise<ReadsResult> =>
    runLoad({ kind: "reads", target, path, accept, count: 7, ...(target === user && { probePath: "/livez" }) });
  await read("application/json");
  const before = memory(cluster.run.pid, { reset: true });
  const json = await read("application/json");
  const after = memory(cluster.run.pid, { reset: false });
  const table = await read(TABLE);
  const protobuf = await read(PROTOBUF);
  const body = "x".repeat(json.bytes);
  const bare = await startBare({ dataDirectory: cluster.dataDirectory, like: user, bodies: { "/list": body } });
  const buffer = await read("application/json", bare.target, "/list").finally(() => bare.stop());
  return {
    json_mb: json.bytes / 1e6,
    json_mb_per_second: json.megabytesPerSecond,
    buffer_mb_per_second: buffer.megabytesPerSecond,
    ratio_to_buffer: json.megabytesPerSecond / buffer.megabytesPerSecond,
    first_byte_ms: json.firstByteMs,
    extra_memory_mb: after.peakMb - before.residentMb,
    slowest_other_request_ms: json.slowestProbeMs,
    table_ms: table.durationMs,
    table_ratio_to_buffer: buffer.durationMs / table.durationMs,
    table_slowest_other_request_ms: table.slowestProbeMs,
    protobuf_ms: protobuf.durationMs,
    protobuf_ratio_to_buffer: buffer.durationMs / protobuf.durationMs,
    protobuf_slowest_other_request_ms: protobuf.slowestProbeMs,
  };
}

/** Resident memory now and at its highest; `reset` lets the highest begin anew (proc(5), clear_refs). */
function memory(pid: number, { reset }: { reset: boolean }): { residentMb: number; peakMb: number } {
  if (reset) writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (name: string): number =>
    (Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]) * 1024) / 1e6;
  return { residentMb: read("VmRSS"), peakMb: read("VmHWM") };
}
