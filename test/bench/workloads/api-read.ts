import { setTimeout } from "node:timers/promises";
import { pods } from "../../../src/api/generated/resources.ts";
import type { ApiServer } from "../load/api-server.ts";
import { apiWorkload } from "../load/api-workload.ts";
import { onBare } from "../load/bare.ts";
import { createPods, plainPodBody, podsPath } from "../load/bench-pod.ts";
import type { ReadsResult, Target } from "../load/job.ts";
import { runLoad } from "../load/load.ts";
import { forgetPeak, peakResidentMb, residentMb } from "../program.ts";
import { type BenchRun, type Goal, type Measurements, scaled, type Workload } from "../workload.ts";

const DURATION_MS = 4000;
const FORMS = {
  json: "application/json",
  table: "application/json;as=Table;v=v1;g=meta.k8s.io",
  protobuf: "application/vnd.kubernetes.protobuf",
} as const;

export const apiGet: Workload = apiWorkload({
  name: "api-get",
  description: "GET of one pod of 5.6 KB by 64 clients over HTTP/2, against a bare loop that answers the same bytes",
  seconds: 15,
  goals: [
    { metric: "gets_per_second", atLeast: 30_000 },
    { metric: "ratio_to_bare", atLeast: 0.5 },
    { metric: "failures", atMost: 0 },
  ],
  async measure(api, run) {
    await createPods(api, 100);
    const pod = await api.client.get(pods, { namespace: api.namespace, name: "pod-7" });
    const ours = await gets(run, api.user, `${podsPath(api)}/pod-7`);
    const bare = await onBare(api, { bodies: { "/pod": JSON.stringify(pod) } }, ({ target }) =>
      gets(run, target, "/pod"),
    );
    return {
      gets_per_second: ours.perSecond,
      p50_ms: ours.p50Ms,
      p99_ms: ours.p99Ms,
      p999_ms: ours.p999Ms,
      ...(bare && { bare_per_second: bare.perSecond, ratio_to_bare: ours.perSecond / bare.perSecond }),
      failures: ours.failures,
    };
  },
});

async function gets(run: BenchRun, target: Target, path: string) {
  const job = { kind: "requests", target, connections: 4, senders: 64, requests: [{ method: "GET", path }] } as const;
  await runLoad({ ...job, count: scaled(10_000, run) });
  return runLoad({ ...job, durationMs: scaled(DURATION_MS, run, 200) });
}

const LIST_GOALS: readonly Goal[] = [
  { metric: "json_ratio_to_buffer", atLeast: 0.7 },
  { metric: "json_first_byte_ms", atMost: 20 },
  { metric: "json_extra_memory_mb", atMost: 64 },
  { metric: "json_stall_max_ms", atMost: 20 },
  { metric: "table_ratio_to_buffer", atLeast: 0.25 },
  { metric: "table_stall_max_ms", atMost: 20 },
  { metric: "protobuf_ratio_to_buffer", atLeast: 0.25 },
  { metric: "protobuf_stall_max_ms", atMost: 20 },
];

const list = (count: number, facts: { name: string; reads: number; seconds: number }): Workload =>
  apiWorkload({
    name: facts.name,
    description: `LIST of ${count.toLocaleString("en-US")} pods as JSON, Table and protobuf, against a bare loop that writes one cached buffer of the JSON`,
    seconds: facts.seconds,
    goals: LIST_GOALS,
    observed: true,
    async measure(api, run) {
      await createPods(api, scaled(count, run, 10), { body: plainPodBody(api.namespace) });
      // What the creates left behind (garbage, sockets) is not the lists'.
      await setTimeout(scaled(3000, run));
      return lists(api, facts.reads);
    },
  });

export const apiList = list(10_000, { name: "api-list", reads: 7, seconds: 40 });
export const apiListLong = list(100_000, { name: "api-list-100000", reads: 3, seconds: 150 });

async function lists(api: ApiServer, reads: number): Promise<Measurements> {
  const measured: Record<string, number> = {};
  let json: ReadsResult | undefined;
  for (const [name, accept] of Object.entries(FORMS)) {
    const { result, ...beside } = await listed(api, accept, reads);
    json ??= result;
    measured[`${name}_mb`] = result.bytes / 1e6;
    measured[`${name}_ms`] = result.durationMs;
    measured[`${name}_first_byte_ms`] = result.firstByteMs;
    measured[`${name}_slowest_other_request_ms`] = result.slowestProbeMs;
    for (const [metric, value] of Object.entries(beside)) measured[`${name}_${metric}`] = value;
  }
  const buffer = await onBare(api, { bodies: { "/list": json?.bytes ?? 0 } }, ({ target }) =>
    runLoad({ kind: "reads", target, path: "/list", accept: FORMS.json, count: reads }),
  );
  if (buffer === undefined) return measured;
  measured.buffer_ms = buffer.durationMs;
  for (const name of Object.keys(FORMS)) {
    measured[`${name}_ratio_to_buffer`] = buffer.durationMs / (measured[`${name}_ms`] ?? Number.NaN);
  }
  return measured;
}

/** Lists one form a few times, and looks at what that costs besides. */
async function listed(api: ApiServer, accept: string, count: number) {
  const path = podsPath(api);
  const job = { kind: "reads", target: api.user, path, accept, probePath: "/livez" } as const;
  await runLoad({ ...job, count: 1 });
  if (api.own === undefined) return { result: await runLoad({ ...job, count }) };
  const { run } = api.own;
  const before = residentMb(run.pid);
  forgetPeak(run.pid);
  await run.observed();
  const result = await runLoad({ ...job, count });
  const observed = await run.observed();
  return {
    result,
    extra_memory_mb: peakResidentMb(run.pid) - before,
    stall_p99_ms: observed.stallP99Ms,
    stall_max_ms: observed.stallMaxMs,
    gc_longest_ms: observed.gcLongestMs,
  };
}
