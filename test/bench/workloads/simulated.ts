import { setTimeout } from "node:timers/promises";
import type { Deployment } from "../../../src/api/generated/apps/v1.ts";
import { deployments } from "../../../src/api/generated/resources.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { NAMESPACE, startBenchCluster } from "../load/bench-cluster.ts";
import { runLoad } from "../load/load.ts";
import { residentMb } from "../program.ts";
import type { Workload } from "../workload.ts";

const NODES = 5000;
const PODS = 10_000;
const POLL_MS = 250;
const WAIT_MS = 300_000;

export const simulatedNodes: Workload = {
  name: "simulated-nodes",
  description:
    "5,000 simulated nodes in one process: until all are Ready, until 10,000 pods run on them, and single calls meanwhile",
  goals: [
    { metric: "nodes_ready_seconds", atMost: 30 },
    { metric: "pods_running_seconds", atMost: 20 },
    { metric: "get_p99_ms", atMost: 100 },
  ],
  async measure(directory) {
    const begun = systemClock.monotonic();
    const cluster = await startBenchCluster(directory, ["--simulated-nodes", String(NODES)]);
    try {
      const nodesReadySeconds = (systemClock.monotonic() - begun) / 1000;
      const emptyMb = residentMb(cluster.run.pid);
      const { client, user } = cluster;
      const startedAt = systemClock.monotonic();
      await client.create(deployments, deployment());
      while ((await client.get(deployments, { namespace: NAMESPACE, name: "many" })).status?.readyReplicas !== PODS) {
        if (systemClock.monotonic() - startedAt > WAIT_MS) throw new Error("the pods do not become ready");
        await setTimeout(POLL_MS);
      }
      const podsSeconds = (systemClock.monotonic() - startedAt) / 1000;
      const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/many`;
      const requests = [{ method: "GET", path }];
      const gets = await runLoad({ kind: "requests", target: user, connections: 1, senders: 1, requests, count: 500 });
      return {
        nodes_ready_seconds: nodesReadySeconds,
        nodes_per_second: NODES / nodesReadySeconds,
        pods_running_seconds: podsSeconds,
        pods_per_second: PODS / podsSeconds,
        get_p99_ms: gets.p99Ms,
        resident_mb_nodes_only: emptyMb,
        resident_mb: residentMb(cluster.run.pid),
      };
    } finally {
      await cluster.stop();
    }
  },
};

function deployment(): Deployment {
  const labels = { app: "many" };
  return {
    metadata: { name: "many", namespace: NAMESPACE },
    spec: {
      replicas: PODS,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [{ name: "web", image: "web:1", resources: { requests: { cpu: "50m", memory: "64Mi" } } }],
        },
      },
    },
  };
}
