import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type BenchCluster, startBenchCluster, targetOf } from "../load/bench-cluster.ts";
import { createPods, podsPath } from "../load/bench-pod.ts";
import type { RequestsJob, RequestsResult, Target } from "../load/job.ts";
import { runLoad, startLoad } from "../load/load.ts";
import { median } from "../median.ts";
import { type BenchRun, scaled, type Workload } from "../workload.ts";

/**
 * "The others' p99 at most doubles while one client floods" is a promise of the server: it is about whose requests it takes
 * next. Load generators share the machine's few cores with the server, and so a plain comparison measures mostly that the
 * flooding process takes processor time from the server and from the process that measures. Here:
 *
 * - the others are measured in a process of their own, which does nothing else;
 * - the flooding process is nice 19: it runs on what server and others leave. That is enough to keep 500 requests waiting at
 *   the server all the time, many times the share of its priority level;
 * - the baseline has a process that is nice 19, too, and spins for as much processor time a second as the flooding process
 *   has just used. Caches, clock rate and scheduler see the same load in both; the only difference is what stands before the
 *   server's door;
 * - both are measured in turn, five times, and medians of the rounds are compared, because one stall of a shared machine
 *   would decide a p99.
 *
 * What the flood costs the server's own thread is in the result, and should be: this is what flow control bounds.
 */
const ROUNDS = 5;
const DURATION_MS = 3000;
/** The flood is at its height when the others are measured, and outlasts them. */
const RISE_MS = 1000;
const FALL_MS = 500;
const FLOODERS = 500;
const OTHERS = 16;
const NICE = 19;

export const apiFlood: Workload = {
  name: "api-flood",
  description:
    "GETs of a system client (16 at once), while one service account sends 500 at once, against the same beside a spinning process; medians of 5 rounds",
  seconds: 60,
  goals: [
    { metric: "others_p99_ratio", atMost: 2 },
    { metric: "others_failures", atMost: 0 },
  ],
  async measure(run) {
    const cluster = await startBenchCluster(run);
    try {
      await createPods(cluster, 100);
      const others = await targetOf(join(cluster.own.dataDirectory, "scheduler.kubeconfig"));
      await ask({ cluster, run, others });
      const rounds: Round[] = [];
      for (let round = 0; round < scaled(ROUNDS, run); round++)
        rounds.push(await measureRound({ cluster, run, others }));
      return summary(rounds);
    } finally {
      await cluster.stop();
    }
  },
};

interface Asked {
  readonly cluster: BenchCluster;
  readonly run: BenchRun;
  /** The scheduler, as it would come from outside: a priority level that a service account cannot fill. */
  readonly others: Target;
}

interface Round {
  readonly alone: RequestsResult;
  readonly together: RequestsResult;
  readonly flood: RequestsResult;
  /** Of one core. */
  readonly share: number;
}

async function measureRound(asked: Asked): Promise<Round> {
  const durationMs = RISE_MS + scaled(DURATION_MS, asked.run, 500) + FALL_MS;
  const path = `${podsPath(asked.cluster)}/pod-8`;
  const job: RequestsJob = {
    kind: "requests",
    target: asked.cluster.user,
    connections: 1,
    senders: FLOODERS,
    durationMs,
    requests: [{ method: "GET", path }],
  };
  const flooding = startLoad(job, { nice: NICE });
  await setTimeout(RISE_MS);
  const together = await ask(asked);
  const flood = await flooding.result;
  const share = Math.min(1, flood.cpuMs / durationMs);
  const spinning = startLoad({ kind: "spin", share, durationMs }, { nice: NICE });
  await setTimeout(RISE_MS);
  const alone = await ask(asked);
  await spinning.result;
  return { alone, together, flood, share };
}

function ask({ cluster, run, others }: Asked): Promise<RequestsResult> {
  const requests = [{ method: "GET", path: `${podsPath(cluster)}/pod-7` }];
  const durationMs = scaled(DURATION_MS, run, 500);
  return runLoad({ kind: "requests", target: others, connections: 2, senders: OTHERS, durationMs, requests });
}

function summary(rounds: readonly Round[]): Record<string, number> {
  const of = (value: (round: Round) => number): number => median(rounds.map(value));
  return {
    alone_p50_ms: of(({ alone }) => alone.p50Ms),
    alone_p99_ms: of(({ alone }) => alone.p99Ms),
    alone_per_second: of(({ alone }) => alone.perSecond),
    others_p50_ms: of(({ together }) => together.p50Ms),
    others_p99_ms: of(({ together }) => together.p99Ms),
    others_per_second: of(({ together }) => together.perSecond),
    others_p99_ratio: of(({ together }) => together.p99Ms) / of(({ alone }) => alone.p99Ms),
    others_failures: rounds.reduce((sum, { together }) => sum + together.failures, 0),
    flood_per_second: of(({ flood }) => flood.perSecond),
    flood_p50_ms: of(({ flood }) => flood.p50Ms),
    flood_p99_ms: of(({ flood }) => flood.p99Ms),
    flood_refused: rounds.reduce((sum, { flood }) => sum + flood.failures, 0),
    flood_share_of_a_core: of(({ share }) => share),
  };
}
