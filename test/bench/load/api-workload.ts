import type { BenchRun, Measurements, Workload } from "../workload.ts";
import { type ApiServer, clientOf, prepareNamespace } from "./api-server.ts";
import { type BenchClusterOptions, startBenchCluster } from "./bench-cluster.ts";

interface ApiWorkload extends Omit<Workload, "measure" | "measurePeer">, BenchClusterOptions {
  measure(api: ApiServer, run: BenchRun): Promise<Measurements>;
}

/** A workload that asks for nothing but the API: it runs on a new cluster of our own, and on any peer. */
export function apiWorkload({ measure, words, observed, ...facts }: ApiWorkload): Workload {
  return {
    ...facts,
    async measure(run) {
      const cluster = await startBenchCluster(run, { ...(words && { words }), ...(observed && { observed }) });
      try {
        return await measure(cluster, run);
      } finally {
        await cluster.stop();
      }
    },
    async measurePeer(run, { target, namespace }) {
      const client = clientOf(target);
      try {
        const user = await prepareNamespace(client, namespace, target);
        return await measure({ client, namespace, user }, run);
      } finally {
        await client.transport.close();
      }
    },
  };
}
