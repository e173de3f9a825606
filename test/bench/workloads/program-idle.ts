import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { leases, namespaces, nodes } from "../../../src/api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../../../src/api/meta.ts";
import type { Client } from "../../../src/client/client.ts";
import { withoutContainers } from "../../support/requirements.ts";
import { clientOf } from "../load/api-server.ts";
import { targetOf } from "../load/bench-cluster.ts";
import { cpuMs, type ProgramRun, residentMb, startProgram, writtenBytes } from "../program.ts";
import { type BenchRun, type Measurements, scaled, type Workload } from "../workload.ts";

const SETTLE_MS = 15_000;
const WATCH_MS = 30_000;
/** After which a first start has kept what it compiled (src/main.ts); until then a second one would do the same again. */
const KEEPS_COMPILED_MS = 6_000;

export const programIdle: Workload = {
  name: "program-idle",
  description: "the whole cluster with its node and nothing to do, over 30 s after 15 s of rest",
  seconds: 50,
  goals: [
    { metric: "node_ready_ms", atMost: 1200 },
    { metric: "resident_mb", atMost: 120 },
    { metric: "cpu_percent_of_a_core", atMost: 0.5 },
    { metric: "writes_besides_heartbeats", atMost: 0 },
  ],
  async measure(run) {
    const missing = withoutContainers();
    if (missing !== false) throw new Error(`this workload needs real containers: ${missing}`);
    return idle(run, []);
  },
};

export const controlPlaneIdle: Workload = {
  name: "control-plane-idle",
  description: "an empty cluster without a node and with nothing to do, over 30 s after 15 s of rest",
  seconds: 50,
  goals: [
    { metric: "cpu_percent_of_a_core", atMost: 0.5 },
    { metric: "writes_besides_heartbeats", atMost: 0 },
    { metric: "disk_kb", atMost: 0 },
  ],
  measure: (run) => idle(run, ["--no-node"]),
};

/** Starts twice, since a first start makes what later ones find, and looks at the second one while it rests. */
async function idle(run: BenchRun, words: readonly string[]): Promise<Measurements> {
  const { directory, program } = run;
  const dataDirectory = join(directory, "data");
  const start = () => startProgram({ program, dataDirectory, cacheDirectory: join(directory, "cache"), words });
  const first = await start();
  await setTimeout(scaled(KEEPS_COMPILED_MS, run, 100));
  await first.stop();
  const second = await start();
  try {
    await setTimeout(scaled(SETTLE_MS, run, 1000));
    return { node_ready_first_ms: first.readyMs, node_ready_ms: second.readyMs, ...(await rest(run, second)) };
  } finally {
    await second.stop();
  }
}

async function rest(run: BenchRun, running: ProgramRun): Promise<Measurements> {
  const client = clientOf(await targetOf(join(running.dataDirectory, "kubeconfig")));
  const durationMs = scaled(WATCH_MS, run, 3000);
  const { pid } = running;
  try {
    const firstRevision = await revision(client);
    const cpuBefore = cpuMs(pid);
    const writtenBefore = writtenBytes(pid);
    await setTimeout(durationMs);
    const cpu = cpuMs(pid) - cpuBefore;
    const written = writtenBytes(pid) - writtenBefore;
    // Before anything is asked again: that is no rest.
    const resident = residentMb(pid);
    const writes = (await revision(client)) - firstRevision;
    const heartbeats = (await changes(client, leases, firstRevision)) + (await changes(client, nodes, firstRevision));
    return {
      resident_mb: resident,
      cpu_percent_of_a_core: (cpu / durationMs) * 100,
      heartbeats,
      writes_besides_heartbeats: writes - heartbeats,
      disk_kb: written / 1000,
    };
  } finally {
    await client.transport.close();
  }
}

/** Of the whole store. */
async function revision(client: Client): Promise<number> {
  return Number((await client.list(namespaces, { limit: 1 })).metadata?.resourceVersion);
}

/** How often objects of a kind have changed since, told afterwards: nothing is asked while the cluster rests. */
async function changes(client: Client, kind: ResourceReference<ApiObject>, since: number): Promise<number> {
  let count = 0;
  const events = client.watch(kind, { resourceVersion: String(since), timeoutSeconds: 1 });
  for await (const { type } of events) if (type !== "BOOKMARK") count++;
  return count;
}
