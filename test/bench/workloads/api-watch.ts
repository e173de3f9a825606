import { configMaps } from "../../../src/api/generated/resources.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { startBare } from "../load/bare.ts";
import { type BenchCluster, NAMESPACE, startBenchCluster } from "../load/bench-cluster.ts";
import type { Target } from "../load/job.ts";
import { runLoad, startLoad } from "../load/load.ts";
import { residentMb } from "../program.ts";
import type { Workload } from "../workload.ts";

const EVENTS = 20;
const WATCHERS = [1000, 10_000] as const;
const STREAMS_A_CONNECTION = 100;
const WATCH_PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps?watch=true&resourceVersion=`;

export const apiWatch: Workload = {
  name: "api-watch",
  description:
    "20 changes of 3 KB reach 1,000 and 10,000 watchers on 10 and 100 connections, against a bare loop that writes one buffer to all",
  goals: WATCHERS.flatMap((watchers) => [
    { metric: `ratio_to_bare_${watchers}`, atLeast: 0.6 },
    { metric: `kb_a_watcher_beyond_bare_${watchers}`, atMost: 4 },
  ]),
  async measure(directory) {
    const cluster = await startBenchCluster(directory);
    try {
      const measured: Record<string, number> = {};
      for (const watchers of WATCHERS) Object.assign(measured, await fanOut(cluster, watchers));
      return measured;
    } finally {
      await cluster.stop();
    }
  },
};

async function fanOut(cluster: BenchCluster, watchers: number): Promise<Record<string, number>> {
  const { client, user, run } = cluster;
  const name = `watched-${watchers}`;
  const data = { text: "x".repeat(2700) };
  const created = await client.create(configMaps, { metadata: { name, namespace: NAMESPACE }, data });
  const path = `${WATCH_PATH}${created.metadata?.resourceVersion}`;
  const ours = await watched(user, { path, watchers, pid: run.pid }, async () => {
    for (let number = 0; number < EVENTS; number++) {
      await client.update(configMaps, {
        metadata: { name, namespace: NAMESPACE },
        data: { ...data, number: `${number}` },
      });
    }
  });
  const event = `${JSON.stringify({ type: "MODIFIED", object: created })}\n`;
  const bare = await startBare({ dataDirectory: cluster.dataDirectory, like: user, event });
  const post = (): Promise<unknown> => {
    const requests = [{ method: "POST", path: "/events", body: "{}" }];
    return runLoad({ kind: "requests", target: bare.target, connections: 1, senders: 1, requests, count: EVENTS });
  };
  try {
    const theirs = await watched(bare.target, { path: "/events", watchers, pid: bare.pid }, post);
    return {
      [`deliveries_per_second_${watchers}`]: ours.deliveriesPerSecond,
      [`bare_deliveries_per_second_${watchers}`]: theirs.deliveriesPerSecond,
      [`ratio_to_bare_${watchers}`]: ours.deliveriesPerSecond / theirs.deliveriesPerSecond,
      [`kb_a_watcher_${watchers}`]: ours.kilobytesAWatcher,
      [`bare_kb_a_watcher_${watchers}`]: theirs.kilobytesAWatcher,
      [`kb_a_watcher_beyond_bare_${watchers}`]: ours.kilobytesAWatcher - theirs.kilobytesAWatcher,
    };
  } finally {
    await bare.stop();
  }
}

async function watched(
  target: Target,
  { path, watchers, pid }: { path: string; watchers: number; pid: number },
  change: () => Promise<unknown>,
): Promise<{ deliveriesPerSecond: number; kilobytesAWatcher: number }> {
  const before = residentMb(pid);
  const connections = watchers / STREAMS_A_CONNECTION;
  const load = startLoad({ kind: "watchers", target, path, connections, watchers, events: EVENTS });
  await Promise.race([load.ready, load.result]);
  const kilobytesAWatcher = ((residentMb(pid) - before) * 1000) / watchers;
  const begun = systemClock.monotonic();
  await change();
  await load.result;
  // Counted from the first change sent, so that a server that is slow to begin gains nothing.
  const durationMs = systemClock.monotonic() - begun;
  return { deliveriesPerSecond: (watchers * EVENTS * 1000) / durationMs, kilobytesAWatcher };
}
