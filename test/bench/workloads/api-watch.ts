import type { ConfigMap } from "../../../src/api/generated/core/v1.ts";
import { configMaps } from "../../../src/api/generated/resources.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { type ApiServer, clientOf } from "../load/api-server.ts";
import { apiWorkload } from "../load/api-workload.ts";
import { onBare } from "../load/bare.ts";
import type { Target } from "../load/job.ts";
import { startLoad } from "../load/load.ts";
import { residentMb } from "../program.ts";
import { scaled, type Workload } from "../workload.ts";

const EVENTS = 20;
const DATA = { text: "x".repeat(2700) };
/** What first watchers load and compile is no later one's. */
const WARM_UP = 100;
const WATCHERS = [100, 1000, 10_000] as const;
/** With fewer of them the pages that a process takes and gives back are more than what they need. */
const ENOUGH_FOR_MEMORY = 1000;
const STREAMS_A_CONNECTION = 100;

export const apiWatch: Workload = apiWorkload({
  name: "api-watch",
  description:
    "20 changes of 3 KB, made at once, reach 100, 1,000 and 10,000 watchers, 100 a connection, against a bare loop that writes one buffer to all",
  seconds: 30,
  goals: WATCHERS.filter((watchers) => watchers >= ENOUGH_FOR_MEMORY).flatMap((watchers) => [
    { metric: `ratio_to_bare_${watchers}`, atLeast: 0.6 },
    { metric: `live_kb_a_watcher_beyond_bare_${watchers}`, atMost: 4 },
  ]),
  observed: true,
  async measure(api, run) {
    const rounds = [WARM_UP, ...WATCHERS.map((watchers) => scaled(watchers, run, 10))];
    const ours = await inTurn(rounds, (watchers, round) => fanOut(api, watchers, `watched-${round}`));
    // The same rounds in the same order, since a process keeps memory for what comes next.
    const bare = await onBare(api, { event: eventOf(api) }, async ({ target, ...process }) => {
      const { transport } = clientOf(target);
      const post = (): Promise<unknown> =>
        Promise.all(
          Array.from({ length: EVENTS }, () => transport.text({ method: "POST", path: "/events", body: {} })),
        );
      const path = "/events";
      return inTurn(rounds, (watchers) => watched(target, { path, watchers, process }, post)).finally(() =>
        transport.close(),
      );
    });
    const measured: Record<string, number> = {};
    for (const [index, watchers] of WATCHERS.entries()) {
      for (const [metric, value] of Object.entries(compared(ours[index + 1]!, bare?.[index + 1])))
        measured[`${metric}_${watchers}`] = value;
    }
    return measured;
  },
});

interface FanOut {
  readonly deliveriesPerSecond: number;
  /** Resident memory, and what of heap and buffers is alive. */
  readonly kilobytesAWatcher: number;
  readonly liveKilobytesAWatcher: number;
}

async function inTurn<T>(rounds: readonly number[], measure: (watchers: number, round: number) => Promise<T>) {
  const results: T[] = [];
  for (const [round, watchers] of rounds.entries()) results.push(await measure(watchers, round));
  return results;
}

function compared(ours: FanOut, bare: FanOut | undefined): Record<string, number> {
  if (bare === undefined) return { deliveries_per_second: ours.deliveriesPerSecond };
  return {
    deliveries_per_second: ours.deliveriesPerSecond,
    bare_deliveries_per_second: bare.deliveriesPerSecond,
    ratio_to_bare: ours.deliveriesPerSecond / bare.deliveriesPerSecond,
    kb_a_watcher: ours.kilobytesAWatcher,
    bare_kb_a_watcher: bare.kilobytesAWatcher,
    live_kb_a_watcher: ours.liveKilobytesAWatcher,
    bare_live_kb_a_watcher: bare.liveKilobytesAWatcher,
    live_kb_a_watcher_beyond_bare: ours.liveKilobytesAWatcher - bare.liveKilobytesAWatcher,
  };
}

/** The changes are of as many objects and asked for at once: delivery is measured, not how long one write takes. */
async function fanOut({ client, user, namespace, own }: ApiServer, watchers: number, name: string): Promise<FanOut> {
  const objects = Array.from({ length: EVENTS }, (_, index) => ({ name: `${name}-${index}`, namespace }));
  let resourceVersion = "";
  for (const metadata of objects) {
    const created: ConfigMap = await client.create(configMaps, { metadata, data: DATA });
    resourceVersion = created.metadata?.resourceVersion ?? "";
  }
  const path = `/api/v1/namespaces/${namespace}/configmaps?watch=true&resourceVersion=${resourceVersion}`;
  return watched(user, { path, watchers, process: own?.run }, () =>
    Promise.all(objects.map((metadata) => client.update(configMaps, { metadata, data: { ...DATA, changed: "yes" } }))),
  );
}

/** As many bytes as ours have. */
function eventOf({ namespace }: ApiServer): string {
  const managed = '"managedFields":[{"manager":"bench","operation":"Update","fieldsType":"FieldsV1","fieldsV1":{}}]';
  const metadata = `{"name":"watched","namespace":"${namespace}","uid":"","resourceVersion":"1",${managed}}`;
  return `{"type":"MODIFIED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":${metadata},"data":${JSON.stringify(DATA)}}}\n`;
}

interface WatchedProcess {
  readonly pid: number;
  liveMb(): Promise<number>;
}

/** Of a server whose process is not ours to look at, memory is unknown (NaN). */
async function watched(
  target: Target,
  { path, watchers, process }: { path: string; watchers: number; process: WatchedProcess | undefined },
  change: () => Promise<unknown>,
): Promise<FanOut> {
  const look = async () => ({
    live: (await process?.liveMb()) ?? Number.NaN,
    resident: process === undefined ? Number.NaN : residentMb(process.pid),
  });
  const before = await look();
  const connections = Math.ceil(watchers / STREAMS_A_CONNECTION);
  const load = startLoad({ kind: "watchers", target, path, connections, watchers, events: EVENTS });
  await Promise.race([load.ready, load.result]);
  const after = await look();
  const begun = systemClock.monotonic();
  await Promise.all([change(), load.result]);
  // Counted from the first change sent, so that a server that is slow to begin gains nothing.
  const durationMs = systemClock.monotonic() - begun;
  return {
    deliveriesPerSecond: (watchers * EVENTS * 1000) / durationMs,
    kilobytesAWatcher: ((after.resident - before.resident) * 1000) / watchers,
    liveKilobytesAWatcher: ((after.live - before.live) * 1000) / watchers,
  };
}
