import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { readKubeconfig } from "../../../src/client/kubeconfig.ts";
import { type BenchCluster, startBenchCluster } from "../load/bench-cluster.ts";
import { PODS_PATH } from "../load/bench-pod.ts";
import type { RequestsResult, Target } from "../load/job.ts";
import { runLoad, startLoad } from "../load/load.ts";
import type { Workload } from "../workload.ts";
import { createPods } from "./api-write.ts";

const DURATION_MS = 4000;
/** The flood is at its height when the others are measured, and outlasts them. */
const RISE_MS = 1500;
const FLOODERS = 500;
const OTHERS = 16;

export const apiFlood: Workload = {
  name: "api-flood",
  description:
    "GETs of a system client (16 at once), alone and while one service account sends 500 at once on one connection",
  goals: [
    { metric: "others_p99_ratio", atMost: 2 },
    { metric: "others_failures", atMost: 0 },
  ],
  async measure(directory) {
    const cluster = await startBenchCluster(directory);
    try {
      await createPods(cluster.user, 100);
      const others = await schedulerOf(cluster);
      await ask(others, 1000);
      const alone = await ask(others, DURATION_MS);
      const flood = startLoad({
        kind: "requests",
        target: cluster.user,
        connections: 1,
        senders: FLOODERS,
        durationMs: RISE_MS + DURATION_MS + 1000,
        requests: [{ method: "GET", path: `${PODS_PATH}/pod-8` }],
      });
      await setTimeout(RISE_MS);
      const together = await ask(others, DURATION_MS);
      const flooded = await flood.result;
      return {
        alone_p99_ms: alone.p99Ms,
        alone_per_second: alone.perSecond,
        others_p50_ms: together.p50Ms,
        others_p99_ms: together.p99Ms,
        others_per_second: together.perSecond,
        others_p99_ratio: together.p99Ms / alone.p99Ms,
        others_failures: together.failures,
        flood_per_second: flooded.perSecond,
        flood_p99_ms: flooded.p99Ms,
        flood_refused: flooded.failures,
      };
    } finally {
      await cluster.stop();
    }
  },
};

function ask(target: Target, durationMs: number): Promise<RequestsResult> {
  const requests = [{ method: "GET", path: `${PODS_PATH}/pod-7` }];
  return runLoad({ kind: "requests", target, connections: 2, senders: OTHERS, durationMs, requests });
}

/** The scheduler, as it would come from outside: a priority level that a service account cannot fill. */
async function schedulerOf(cluster: BenchCluster): Promise<Target> {
  const access = await readKubeconfig(join(cluster.dataDirectory, "scheduler.kubeconfig"));
  return {
    url: access.server,
    certificateAuthority: access.certificateAuthority ?? "",
    clientCertificate: access.clientCertificate,
    clientKey: access.clientKey,
  };
}
