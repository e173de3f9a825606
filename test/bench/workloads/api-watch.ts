import type { ConfigMap } from "../../../src/api/generated/core/v1.ts";
import { configMaps } from "../../../src/api/generated/resources.ts";
import { systemClock } from "../../../src/base/clock.ts";
import type { ApiServer } from "../load/api-server.ts";
import { apiWorkload } from "../load/api-workload.ts";
import { onBare } from "../load/bare.ts";
import type { Target } from "../load/job.ts";
import { runLoad, startLoad } from "../load/load.ts";
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
    "20 changes of 3 KB reach 100, 1,000 and 10,000 watchers, 100 a connection, against a bare loop that writes one buffer to all",
  seconds: 30,
  goals: WATCHERS.filter((watchers) => watchers >= ENOUGH_FOR_MEMORY).flatMap((watchers) => [
    { metric: `ratio_to_bare_${watchers}`, atLeast: 0.6 },
    { metric: `kb_a_watcher_beyond_bare_${watchers}`, atMost: 4 },
  ]),
  async measure(api, run) {
    const rounds = [WARM_UP, ...WATCHERS.map((watchers) => scaled(watchers, run, 10))];
    const ours = await inTurn(rounds, (watchers, round) => fanOut(api, watchers, `watched-${round}`));
    // The same rounds in the same order, since a process keeps memory for what comes next.
    const bare = await onBare(api, { event: eventOf(api) }, ({ target, pid }) =>
      inTurn(rounds, (watchers) => watched(target, { path: "/events", watchers, pid }, () => postEvents(target))),
    );
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
  readonly kilobytesAWatcher: number;
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
    kb_a_watcher_beyond_bare: ours.kilobytesAWatcher - bare.kilobytesAWatcher,
  };
}

async function fanOut({ client, user, namespace, own }: ApiServer, watchers: number, name: string): Promise<FanOut> {
  const metadata = { name, namespace };
  const created: ConfigMap = await client.create(configMaps, { metadata, data: DATA });
  const path = `/api/v1/namespaces/${namespace}/configmaps?watch=true&resourceVersion=${created.metadata?.resourceVersion}`;
  return watched(user, { path, watchers, pid: own?.run.pid }, async () => {
    for (let number = 0; number < EVENTS; number++)
      await client.update(configMaps, { metadata, data: { ...DATA, number: `${number}` } });
  });
}

/** As many bytes as ours have. */
function eventOf({ namespace }: ApiServer): string {
  const managed = '"managedFields":[{"manager":"bench","operation":"Update","fieldsType":"FieldsV1","fieldsV1":{}}]';
  const metadata = `{"name":"watched","namespace":"${namespace}","uid":"","resourceVersion":"1",${managed}}`;
  return `{"type":"MODIFIED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":${metadata},"data":${JSON.stringify(DATA)}}}\n`;
}

function postEvents(target: Target): Promise<unknown> {
  const requests = [{ method: "POST", path: "/events", body: "{}" }];
  return runLoad({ kind: "requests", target, connections: 1, senders: 1, requests, count: EVENTS });
}

/** Of a server whose process is not ours to look at, memory is unknown (NaN). */
async function watched(
  target: Target,
  { path, watchers, pid }: { path: string; watchers: number; pid: number | undefined },
  change: () => Promise<unknown>,
): Promise<FanOut> {
  const resident = (): number => (pid === undefined ? Number.NaN : residentMb(pid));
  const before = resident();
  const connections = Math.ceil(watchers / STREAMS_A_CONNECTION);
  const load = startLoad({ kind: "watchers", target, path, connections, watchers, events: EVENTS });
  await Promise.race([load.ready, load.result]);
  const kilobytesAWatcher = ((resident() - before) * 1000) / watchers;
  const begun = systemClock.monotonic();
  await Promise.all([change(), load.result]);
  // Counted from the first change sent, so that a server that is slow to begin gains nothing.
  const durationMs = systemClock.monotonic() - begun;
  return { deliveriesPerSecond: (watchers * EVENTS * 1000) / durationMs, kilobytesAWatcher };
}
