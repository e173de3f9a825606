import { setTimeout } from "node:timers/promises";
import type { Deployment } from "../../../src/api/generated/apps/v1.ts";
import { deployments } from "../../../src/api/generated/resources.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { startBenchCluster } from "../load/bench-cluster.ts";
import { runLoad } from "../load/load.ts";
import { observations } from "../observer.ts";
import { cpuMs, residentMb, sumOf } from "../program.ts";
import { scaled, type Workload } from "../workload.ts";

const NODES = 5000;
const PODS = 10_000;
const POLL_MS = 250;

export const simulatedNodes: Workload = {
  name: "simulated-nodes",
  description:
    "5,000 simulated nodes in one process: until all are Ready, until 10,000 pods of a Deployment run on them, and single calls after that",
  seconds: 140,
  goals: [
    { metric: "nodes_ready_seconds", atMost: 30 },
    { metric: "pods_running_seconds", atMost: 20 },
    { metric: "get_p99_ms", atMost: 100 },
  ],
  async measure(run) {
    const [nodes, pods] = [scaled(NODES, run, 10), scaled(PODS, run, 20)];
    const begun = systemClock.monotonic();
    const cluster = await startBenchCluster(run, { words: ["--simulated-nodes", String(nodes)], observed: true });
    try {
      const nodesReadySeconds = (systemClock.monotonic() - begun) / 1000;
      const { client, user, namespace, own } = cluster;
      const emptyMb = sumOf(residentMb, own.run.pid);
      await own.run.observed();
      const cpuBefore = sumOf(cpuMs, own.run.pid);
      const startedAt = systemClock.monotonic();
      await client.create(deployments, deployment(namespace, pods));
      while ((await client.get(deployments, { namespace, name: "many" })).status?.readyReplicas !== pods)
        await setTimeout(POLL_MS);
      const podsSeconds = (systemClock.monotonic() - startedAt) / 1000;
      const cpuMsAPod = (sumOf(cpuMs, own.run.pid) - cpuBefore) / pods;
      const observed = await own.run.observed();
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments/many`;
      const requests = [{ method: "GET", path }];
      const gets = await runLoad({ kind: "requests", target: user, connections: 1, senders: 1, requests, count: 500 });
      return {
        nodes_ready_seconds: nodesReadySeconds,
        nodes_per_second: nodes / nodesReadySeconds,
        pods_running_seconds: podsSeconds,
        pods_per_second: pods / podsSeconds,
        cpu_ms_a_pod: cpuMsAPod,
        get_p99_ms: gets.p99Ms,
        resident_mb_nodes_only: emptyMb,
        resident_mb: sumOf(residentMb, own.run.pid),
        ...observations(observed),
      };
    } finally {
      await cluster.stop();
    }
  },
};

function deployment(namespace: string, replicas: number): Deployment {
  const labels = { app: "many" };
  return {
    metadata: { name: "many", namespace },
    spec: {
      replicas,
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
