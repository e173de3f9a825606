import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { withoutContainers } from "../../support/requirements.ts";
import { cpuMs, residentMb, startProgram } from "../program.ts";
import type { Workload } from "../workload.ts";

const SETTLE_MS = 15_000;
const WATCH_MS = 30_000;

export const programIdle: Workload = {
  name: "program-idle",
  description: "the whole cluster with its node and nothing to do, over 30 s after 15 s of rest",
  goals: [
    { metric: "node_ready_ms", atMost: 1200 },
    { metric: "resident_mb", atMost: 120 },
    { metric: "cpu_percent_of_a_core", atMost: 0.5 },
  ],
  async measure(directory) {
    const missing = withoutContainers();
    if (missing !== false) throw new Error(`this workload needs real containers: ${missing}`);
    const cacheDirectory = join(directory, "cache");
    const start = () => startProgram({ variant: "built", dataDirectory: join(directory, "data"), cacheDirectory });
    const first = await start();
    await first.stop();
    const run = await start();
    try {
      await setTimeout(SETTLE_MS);
      const before = cpuMs(run.pid);
      await setTimeout(WATCH_MS);
      return {
        node_ready_first_ms: first.readyMs,
        node_ready_ms: run.readyMs,
        resident_mb: residentMb(run.pid),
        cpu_percent_of_a_core: ((cpuMs(run.pid) - before) / WATCH_MS) * 100,
      };
    } finally {
      await run.stop();
    }
  },
};
