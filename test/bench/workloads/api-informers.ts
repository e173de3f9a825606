import { setTimeout } from "node:timers/promises";
import { apiWorkload } from "../load/api-workload.ts";
import { onBare } from "../load/bare.ts";
import { createPods, plainPodBody, podsPath } from "../load/bench-pod.ts";
import type { SyncResult, Target } from "../load/job.ts";
import { runLoad } from "../load/load.ts";
import { observations } from "../observer.ts";
import { forgetPeak, peakResidentMb, residentMb } from "../program.ts";
import { scaled, type Workload } from "../workload.ts";

const PODS = 5000;
const CLIENTS = 100;
/** What client-go 1.36 asks first: all objects as events, then a bookmark that says so. */
const STREAM =
  "?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&resourceVersion=";
const END = "k8s.io/initial-events-end";
/** What informers without streaming lists ask: any state that the server has. */
const LIST = "?resourceVersion=0";

export const apiInformers: Workload = apiWorkload({
  name: "api-informers",
  description:
    "100 clients on 100 connections sync 5,000 pods at the same moment: by a streaming list, and by a list, against a bare loop that writes one buffer to each",
  seconds: 45,
  goals: [
    { metric: "list_ratio_to_buffer", atLeast: 0.5 },
    { metric: "stream_ratio_to_buffer", atLeast: 0.3 },
    { metric: "stall_max_ms", atMost: 50 },
  ],
  observed: true,
  async measure(api, run) {
    await createPods(api, scaled(PODS, run, 10), { body: plainPodBody(api.namespace) });
    await setTimeout(scaled(3000, run));
    const clients = scaled(CLIENTS, run, 2);
    const sync = (path: string, { target = api.user, until }: { target?: Target; until?: string } = {}) =>
      runLoad({ kind: "sync", target, path, clients, ...(until !== undefined && { until }) });
    await runLoad({ kind: "sync", target: api.user, path: `${podsPath(api)}${STREAM}`, clients: 1, until: END });
    const process = api.own?.run;
    const before = process && residentMb(process.pid);
    if (process) forgetPeak(process.pid);
    await process?.observed();
    const streamed = await sync(`${podsPath(api)}${STREAM}`, { until: END });
    const listed = await sync(`${podsPath(api)}${LIST}`);
    const observed = await process?.observed();
    const bytes = Math.round((listed.megabytes * 1e6) / clients);
    const buffer = await onBare(api, { bodies: { "/list": bytes } }, ({ target }) => sync("/list", { target }));
    const rate = ({ megabytes, lastMs }: SyncResult): number => megabytes / lastMs;
    return {
      ...told("stream", streamed),
      ...told("list", listed),
      ...(buffer && {
        ...told("buffer", buffer),
        stream_ratio_to_buffer: rate(streamed) / rate(buffer),
        list_ratio_to_buffer: rate(listed) / rate(buffer),
      }),
      ...(process && before && { extra_memory_mb: peakResidentMb(process.pid) - before }),
      ...(observed && observations(observed)),
    };
  },
});

function told(name: string, { firstMs, medianMs, lastMs, megabytes }: SyncResult): Record<string, number> {
  return {
    [`${name}_first_ms`]: firstMs,
    [`${name}_median_ms`]: medianMs,
    [`${name}_all_ms`]: lastMs,
    [`${name}_mb_per_second`]: (megabytes * 1000) / lastMs,
  };
}
